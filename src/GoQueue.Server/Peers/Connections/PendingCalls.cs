using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers.Connections;

/// <summary>The calls of one connection that wait for their reply, by correlation. Bounded.</summary>
internal sealed class PendingCalls(NodeId peer)
{
    private readonly Lock gate = new();
    private readonly Dictionary<ulong, PeerCall> calls = [];
    private ulong last;
    private bool closed;

    public NodeId Peer { get; } = peer;

    public Result<PeerCall> Begin()
    {
        lock (gate)
        {
            if (closed)
            {
                return new Error(ErrorCode.Unreachable, $"the link to {Peer} just broke");
            }

            if (calls.Count >= PeerLimits.MaxCallsUnderWay)
            {
                return new Error(ErrorCode.Overloaded, $"{calls.Count} calls to {Peer} wait for their reply already");
            }

            PeerCall call = new(this, ++last);
            calls.Add(call.Correlation, call);
            return call;
        }
    }

    /// <summary>Takes a call out; the taker completes it. False when somebody else did, or a reply came too late.</summary>
    public bool TryTake(ulong correlation, [NotNullWhen(true)] out PeerCall? call)
    {
        lock (gate)
        {
            return calls.Remove(correlation, out call);
        }
    }

    /// <summary>The connection ended: what had left has an unknown outcome, what had not was certainly not handled.</summary>
    public void Close()
    {
        PeerCall[] rest;
        lock (gate)
        {
            closed = true;
            rest = [.. calls.Values];
            calls.Clear();
        }

        foreach (PeerCall call in rest)
        {
            call.Complete(call.HasLeft
                ? new Error(ErrorCode.OutcomeUnknown, $"the link to {Peer} broke before it answered; it may have done what it was asked")
                : new Error(ErrorCode.Unreachable, $"the link to {Peer} broke before the request was sent"));
        }
    }
}
