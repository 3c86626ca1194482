using System.Collections.Concurrent;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Broker.Tests.Fixtures;

/// <summary>A network in memory: calls reach the handler of the other node, unless one of the two is cut off. For tests of what stands on the port.</summary>
internal sealed class MemoryNetwork
{
    private readonly ConcurrentDictionary<NodeId, MemoryPeers> nodes = new();
    private readonly ConcurrentDictionary<NodeId, bool> isCut = new();

    public MemoryPeers Join(NodeId node)
    {
        MemoryPeers peers = new(this, node, new Guid(nodes.Count + 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
        nodes[node] = peers;
        isCut[node] = false;
        return peers;
    }

    /// <summary>From now on nothing reaches it, and nothing it says reaches anybody, answers under way included.</summary>
    public void Cut(NodeId node)
    {
        isCut[node] = true;
        nodes[node].Break();
        foreach (MemoryPeers other in nodes.Values)
        {
            other.BreakTo(node);
        }
    }

    public void Mend(NodeId node) => isCut[node] = false;

    public MemoryPeers? Reach(NodeId from, NodeId to) => !isCut[from] && isCut.TryGetValue(to, out bool cut) && !cut ? nodes[to] : null;
}

internal sealed class MemoryPeers(MemoryNetwork network, NodeId self, Guid incarnation) : IPeerTransport
{
    private readonly ConcurrentDictionary<PeerMessageKind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>> calls = new();
    private readonly ConcurrentDictionary<NodeId, CancellationTokenSource> links = new();
    private readonly ConcurrentDictionary<(NodeId, PeerChannel), SemaphoreSlim> order = new();

    private readonly ConcurrentDictionary<PeerMessageKind, int> callsByKind = new();

    public NodeId Self { get; } = self;

    public long BulkBytes { get; private set; }

    public int CallCount { get; private set; }

    /// <summary>Calls of one kind that this node made and that reached somebody.</summary>
    public int CallsOf(PeerMessageKind kind) => callsByKind.GetValueOrDefault(kind);

    /// <summary>Changes what is about to be delivered to this node; for damage on the way.</summary>
    public Action<SharedBuffer>? OnReply { get; set; }

    /// <summary>How an answer travels to this node: completes when it arrives; true when it is lost: the call has no outcome, others go on.</summary>
    public Func<PeerMessageKind, Task<bool>>? LosesAnswer { get; set; }

    public void SetPeers(IReadOnlyList<PeerAddress> peers)
    {
    }

    public bool TrySend(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload)
    {
        payload.Release();
        return false;
    }

    public async ValueTask<Result<SharedBuffer>> CallAsync(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (network.Reach(Self, to) is not { } other || !other.calls.TryGetValue(kind, out Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>? handler))
        {
            payload.Release();
            return new Error(ErrorCode.Unreachable, $"{to} is not reachable from {Self}");
        }

        CallCount++;
        callsByKind.AddOrUpdate(kind, 1, (_, count) => count + 1);
        using CancellationTokenSource link = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, links.GetOrAdd(to, _ => new CancellationTokenSource()).Token);
        Task<Result<PeerReply>> answering;
        SemaphoreSlim turn = other.order.GetOrAdd((Self, channel), _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            answering = handler(new PeerMessage(Self, incarnation, payload), link.Token).AsTask();
        }
        finally
        {
            turn.Release();
        }

        try
        {
            Result<PeerReply> reply = await answering.WaitAsync(timeout, link.Token);
            if (LosesAnswer is { } loses && await loses(kind))
            {
                if (reply.IsOk)
                {
                    Joined(reply.Value).Release();
                }

                return new Error(ErrorCode.OutcomeUnknown, $"the answer of {to} to {Self} was lost");
            }

            return reply.IsOk ? Joined(reply.Value) : reply.Error;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Error(ErrorCode.OutcomeUnknown, $"the link from {Self} to {to} broke");
        }
        finally
        {
            payload.Release();
        }
    }

    public void OnMessage(PeerMessageKind kind, Action<PeerMessage> handler)
    {
    }

    public void OnCall(PeerMessageKind kind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler) => calls[kind] = handler;

    public void OnLinkChange(Action<PeerLinkChange> observer)
    {
    }

    public void Break()
    {
        foreach (NodeId to in links.Keys)
        {
            BreakTo(to);
        }
    }

    public void BreakTo(NodeId node)
    {
        if (links.TryRemove(node, out CancellationTokenSource? link))
        {
            link.Cancel();
        }
    }

    /// <summary>As on the wire: head and body in one buffer.</summary>
    private SharedBuffer Joined(PeerReply reply)
    {
        IReadOnlyList<BufferSlice> body = reply.Body ?? [];
        SharedBuffer joined = SharedBuffer.Rent(reply.Head.Length + body.Sum(slice => slice.Length));
        reply.Head.Span.CopyTo(joined.Span);
        int at = reply.Head.Length;
        foreach (BufferSlice slice in body)
        {
            slice.Span.CopyTo(joined.Span[at..]);
            at += slice.Length;
            slice.Buffer.Release();
        }

        BulkBytes += at;
        reply.Head.Release();
        OnReply?.Invoke(joined);
        return joined;
    }
}
