using GoQueue.Core;
using GoQueue.Partitions;
using GoQueue.Replication;

namespace GoQueue.Broker.PartitionLoops;

/// <summary>What the simulator looks at between turns. Nothing of the product asks for it.</summary>
internal sealed partial class PartitionLoop
{
    public PartitionReplica Replica => replica;

    public PartitionState State => state;

    /// <summary>Everything below is on this node's device, whatever the protocol makes of it.</summary>
    public Offset FlushedOffset => partitionLog.FlushedOffset;

    public Offset EndOffset => partitionLog.EndOffset;

    public bool HasFailed => failed;
}
