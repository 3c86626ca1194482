namespace GoQueue.Core.Peers;

/// <summary>Urgency of a message. Each has queues and a bound of its own on every link: bulk data never delays a heartbeat.</summary>
public enum PeerChannel : byte
{
    /// <summary>Raft messages and heartbeats: small, first.</summary>
    Control = 0,

    /// <summary>Requests that somebody waits for: proposals, forwarded calls, look-ups.</summary>
    Request = 1,

    /// <summary>Replicated data, snapshots, shipped segments.</summary>
    Bulk = 2,
}
