namespace GoQueue.Consensus.Core;

/// <summary>What an entry of the Raft log is. Numbers are part of the formats (docs/internals/raft-log.md).</summary>
internal enum RaftEntryKind : byte
{
    /// <summary>The first entry of every term: committing it commits everything before (paper section 8).</summary>
    NoOp = 1,

    /// <summary>For the state machine; the payload is opaque to Raft.</summary>
    Command = 2,

    /// <summary>The whole membership from this entry on.</summary>
    Configuration = 3,
}

/// <summary>One entry of the log. The payload is never changed once the entry exists.</summary>
/// <param name="Index">1 for the first; no gaps.</param>
/// <param name="Term">Of the leader that made it; never falls along the log.</param>
internal readonly record struct RaftEntry(long Index, long Term, RaftEntryKind Kind, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Bytes it counts for in every bound.</summary>
    public int Size => Payload.Length + 32;
}
