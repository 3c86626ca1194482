using GoQueue.Core;
using GoQueue.Partitions;
using GoQueue.Replication;
using GoQueue.Storage;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>What the simulator looks at between turns. Nothing of the product asks for it.</summary>
internal sealed partial class PartitionLoop
{
    public PartitionReplica Replica => replica;

    public PartitionState State => state;

    /// <summary>Everything below is on this node's device, whatever the protocol makes of it.</summary>
    public Offset FlushedOffset => partitionLog.FlushedOffset;

    public Offset EndOffset => partitionLog.EndOffset;

    /// <summary>False while the log has not come as far as the leader's snapshot that it began with: what was retired before it is not folded in yet.</summary>
    public bool HasWholeState => incomingStateAt.IsNone;

    public bool HasFailed => failed;

    /// <summary>Nothing can be read any more.</summary>
    public bool HasEnded => failed || closed;

    /// <summary>What is stored, whatever the protocol makes of it.</summary>
    public LogRead ReadStored(Offset from, Offset upTo) => partitionLog.Read(from, upTo, 1 << 20);
}
