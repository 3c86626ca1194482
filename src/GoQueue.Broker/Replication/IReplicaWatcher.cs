namespace GoQueue.Broker.Replication;

/// <summary>Wants to know at once what happens in a partition that this node leads. Called from the turn or from whoever moved the high watermark; must be quick.</summary>
internal interface IReplicaWatcher
{
    /// <summary>The log grew.</summary>
    void Appended();

    /// <summary>More is committed.</summary>
    void HighWatermarkMoved();

    /// <summary>This node leads it no longer, or closes it.</summary>
    void LeadershipEnded();
}
