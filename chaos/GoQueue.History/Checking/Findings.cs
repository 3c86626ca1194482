using GoQueue.History.Events;

namespace GoQueue.History.Checking;

/// <summary>Collects what the checks find, bounded: counts of everything, evidence of the first.</summary>
internal sealed class Findings(int maxEvidence)
{
    private readonly Dictionary<(string Id, AnomalyLevel Level, string? Topic), Entry> entries = [];
    private readonly HashSet<string> forgivenTopics = new(StringComparer.Ordinal);

    public void Report(string id, string text, ReadOnlySpan<long> events, PartitionName? partition = null, long? offset = null, AnomalyLevel? level = null)
    {
        AnomalyLevel actual = level ?? AnomalyCatalog.Find(id).Level;
        if (!entries.TryGetValue((id, actual, partition?.Topic), out Entry? entry))
        {
            entries.Add((id, actual, partition?.Topic), entry = new Entry());
        }

        entry.Count++;
        if (entry.Evidence.Count < maxEvidence)
        {
            entry.Evidence.Add(new Evidence { Events = [.. events], Topic = partition?.Topic, Partition = partition?.Index, Offset = offset, Text = text });
        }
    }

    public void Report(string id, string text, HistoryEvent at, PartitionName? partition = null, long? offset = null, AnomalyLevel? level = null) =>
        Report(id, text, [at.Index], partition, offset, level);

    /// <summary>The topic was deleted, perhaps made again: what its partitions hold proves nothing. Metadata is judged all the same.</summary>
    public void Forgive(string topic) => forgivenTopics.Add(topic);

    public bool IsForgiven(string topic) => forgivenTopics.Contains(topic);

    public IReadOnlyList<Anomaly> ToAnomalies() =>
    [
        .. from definition in AnomalyCatalog.All
           from level in (AnomalyLevel[])[AnomalyLevel.Error, AnomalyLevel.Information]
           let found = entries.Where(entry => entry.Key.Id == definition.Id && entry.Key.Level == level && Counts(entry.Key.Id, entry.Key.Topic)).Select(static entry => entry.Value).ToList()
           where found.Count > 0
           select new Anomaly
           {
               Definition = definition,
               Level = level,
               Count = found.Sum(static entry => entry.Count),
               Evidence = [.. found.SelectMany(static entry => entry.Evidence).OrderBy(static evidence => evidence.Events.Count > 0 ? evidence.Events[0] : 0).Take(maxEvidence)],
           },
    ];

    private bool Counts(string id, string? topic) => id[0] == 'M' || topic is null || !forgivenTopics.Contains(topic);

    private sealed class Entry
    {
        public long Count;
        public readonly List<Evidence> Evidence = [];
    }
}

/// <summary>A partition by name.</summary>
internal readonly record struct PartitionName(string Topic, int Index)
{
    public override string ToString() => $"{Topic}-{Index}";
}
