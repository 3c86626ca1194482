namespace GoQueue.Simulation.Hosts;

/// <summary>Deliberate bugs of the metadata, each breaking one rule of reliability.md 3.6. They stand before the real log (<see cref="FaultyMetadata"/>), not in it.</summary>
internal enum MetadataFault
{
    None,

    /// <summary>A node that is in sync takes itself for the leader, in the epoch in which another leads (M1).</summary>
    SecondLeader,

    /// <summary>What a node knows goes back to an older state now and then (M2).</summary>
    OldImage,

    /// <summary>Leaders come from all replicas, in sync or not, and nobody is told (M3). Against a clean election the rules of the log stand, so it takes two bugs: forced elections, and no events.</summary>
    ElectAnyReplica,

    /// <summary>A deletion is answered and never takes place: the topic is there again (M6).</summary>
    DropDeletion,

    /// <summary>A change of settings deletes the topic now and then (M6).</summary>
    DeleteUnasked,

    /// <summary>A topic that had another leader is in no image any more, and not among those that were deleted (M6).</summary>
    ForgetTopic,
}
