namespace GoQueue.Metadata.Events;

/// <summary>What happened.</summary>
public enum ClusterEventKind : byte
{
    /// <summary>A replica outside ISR and ELR became the leader because the topic allows it.</summary>
    UncleanElection = 1,

    /// <summary>The same, because an operator asked for it.</summary>
    ForcedElection = 2,

    /// <summary>
    /// The last replica of a topic that does not flush before acknowledging came back from an unclean stop. It keeps its place, because nobody holds
    /// more; what it had not flushed may be gone.
    /// </summary>
    LastReplicaUnclean = 3,

    /// <summary>The last replica came back with another disk: every record is gone from it, and nobody leads.</summary>
    LastReplicaLost = 4,
}
