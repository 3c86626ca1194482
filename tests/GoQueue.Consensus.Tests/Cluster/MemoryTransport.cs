using System.Threading.Channels;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus.Tests.Cluster;

/// <summary>The peer port without a wire: what is sent to a node is handled by its one pump, in order.</summary>
internal sealed class MemoryTransport : IPeerTransport
{
    private readonly MemoryNetwork network;
    private readonly Channel<Action> work = Channel.CreateUnbounded<Action>();
    private readonly Dictionary<PeerMessageKind, Action<PeerMessage>> messages = [];
    private readonly Dictionary<PeerMessageKind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>>> calls = [];
    private readonly List<Action<PeerLinkChange>> observers = [];

    public MemoryTransport(MemoryNetwork network, NodeId self, Guid incarnation)
    {
        this.network = network;
        Self = self;
        Incarnation = incarnation;
        _ = Task.Run(PumpAsync);
    }

    public NodeId Self { get; }

    public Guid Incarnation { get; }

    public void SetPeers(IReadOnlyList<PeerAddress> peers)
    {
        // Everybody on the network is reachable.
    }

    public bool TrySend(NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload)
    {
        byte[] bytes = payload.Span.ToArray();
        payload.Release();
        if (network.Find(Self, to) is not { } receiver)
        {
            return false;
        }

        receiver.Post(() =>
        {
            using SharedBuffer received = SharedBuffer.CopyOf(bytes);
            receiver.messages.GetValueOrDefault(kind)?.Invoke(new PeerMessage(Self, Incarnation, received));
        });
        return true;
    }

    public async ValueTask<Result<SharedBuffer>> CallAsync(
        NodeId to, PeerMessageKind kind, PeerChannel channel, SharedBuffer payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        byte[] bytes = payload.Span.ToArray();
        payload.Release();
        if (network.Find(Self, to) is not { } receiver)
        {
            return new Error(ErrorCode.Unreachable, $"no link to {to}");
        }

        TaskCompletionSource<Result<SharedBuffer>> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
        receiver.Post(() => _ = AnswerAsync(receiver, kind, bytes, reply));
        try
        {
            return await reply.Task.WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new Error(ErrorCode.Timeout, $"no reply from {to}");
        }
    }

    public void OnMessage(PeerMessageKind kind, Action<PeerMessage> handler) => Post(() => messages.Add(kind, handler));

    public void OnCall(PeerMessageKind kind, Func<PeerMessage, CancellationToken, ValueTask<Result<PeerReply>>> handler) => Post(() => calls.Add(kind, handler));

    public void OnLinkChange(Action<PeerLinkChange> observer) => Post(() => observers.Add(observer));

    public void Post(Action action) => work.Writer.TryWrite(action);

    /// <summary>In the pump.</summary>
    public void Tell(PeerLinkChange change) => observers.ForEach(observer => observer(change));

    public void Stop() => work.Writer.TryComplete();

    private async Task AnswerAsync(MemoryTransport receiver, PeerMessageKind kind, byte[] bytes, TaskCompletionSource<Result<SharedBuffer>> reply)
    {
        using SharedBuffer received = SharedBuffer.CopyOf(bytes);
        if (receiver.calls.GetValueOrDefault(kind) is not { } handler)
        {
            reply.TrySetResult(new Error(ErrorCode.Unreachable, $"nobody receives {kind}"));
            return;
        }

        Result<PeerReply> answer = await handler(new PeerMessage(Self, Incarnation, received), CancellationToken.None);
        if (network.Find(receiver.Self, Self) is null)
        {
            return; // cut off meanwhile: the caller waits for its time-out
        }

        reply.TrySetResult(answer.IsOk ? answer.Value.Head : answer.Error);
    }

    private async Task PumpAsync()
    {
        await foreach (Action action in work.Reader.ReadAllAsync())
        {
            action();
        }
    }
}
