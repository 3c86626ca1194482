using GoQueue.Core;

namespace GoQueue.Replication.Tests.Randomised;

/// <summary>A log in memory: one value per offset, the epoch it was appended under, a durable part, and the epoch list kept as the storage keeps it.</summary>
internal sealed class ModelLog : IEpochHistory
{
    private readonly List<(int Epoch, int Value)> records = [];
    private readonly List<(int Epoch, int Start)> epochs = [];

    public int End => records.Count;

    public int Durable { get; private set; }

    public (int Epoch, int Value) this[int offset] => records[offset];

    public void Append(int epoch, int value)
    {
        // E5: a recordless leadership at the end gives way to what a leader sends for that place.
        epochs.RemoveAll(entry => entry.Start >= End && entry.Epoch > epoch);
        Assign(epoch);
        records.Add((epoch, value));
    }

    /// <summary>E5: monotonic in both; entries that contradict go.</summary>
    public void Assign(int epoch)
    {
        if (epochs is [.., var last] && last.Epoch == epoch)
        {
            return;
        }

        epochs.RemoveAll(entry => entry.Epoch >= epoch || entry.Start >= End);
        epochs.Add((epoch, End));
    }

    public void Flush() => Durable = End;

    public void TruncateTo(int end)
    {
        records.RemoveRange(end, records.Count - end);
        epochs.RemoveAll(entry => entry.Start > end);
        Durable = Math.Min(Durable, end);
    }

    /// <summary>A crash keeps what is durable and, of the rest, some beginning.</summary>
    public void Crash(Random random)
    {
        TruncateTo(random.Next(Durable, End + 1));
        Durable = End; // recovery flushes what it found
    }

    public void Wipe()
    {
        records.Clear();
        epochs.Clear();
        Durable = 0;
    }

    public List<(int Epoch, int Value)> Slice(int from, int count) => records.GetRange(from, Math.Min(count, End - from));

    public EpochEnd EndOffsetFor(LeaderEpoch epoch)
    {
        if (epochs.Count == 0 || epoch.Value > epochs[^1].Epoch)
        {
            return EpochEnd.Undefined;
        }

        int index = epochs.FindLastIndex(entry => entry.Epoch <= epoch.Value);
        return index < 0
            ? new EpochEnd(epoch, new Offset(epochs[0].Start))
            : new EpochEnd(new LeaderEpoch(epochs[index].Epoch), new Offset(index == epochs.Count - 1 ? End : epochs[index + 1].Start));
    }

    public LeaderEpoch EpochAt(Offset offset) => epochs.FindLastIndex(entry => entry.Start <= offset.Value) is >= 0 and int index
        ? new LeaderEpoch(epochs[index].Epoch)
        : LeaderEpoch.None;
}
