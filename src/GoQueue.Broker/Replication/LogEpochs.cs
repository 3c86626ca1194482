using GoQueue.Core;
using GoQueue.Replication;
using GoQueue.Storage;

namespace GoQueue.Broker.Replication;

/// <summary>The epoch list of a log, as the replica protocol asks for it. Any thread.</summary>
internal sealed class LogEpochs(PartitionLog log) : IEpochHistory
{
    public EpochEnd EndOffsetFor(LeaderEpoch epoch)
    {
        EpochStart end = log.Epochs.EndOffsetFor(epoch, log.EndOffset);
        return new EpochEnd(end.Epoch, end.StartOffset);
    }

    public LeaderEpoch EpochAt(Offset offset) => log.Epochs.EpochAt(offset);
}
