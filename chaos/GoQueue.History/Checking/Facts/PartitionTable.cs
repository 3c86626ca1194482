namespace GoQueue.History.Checking.Facts;

/// <summary>Small numbers for partitions, and what all checks need to know of each.</summary>
internal sealed class PartitionTable
{
    private readonly Dictionary<PartitionName, int> numbers = [];
    private readonly List<PartitionFacts> facts = [];

    public int Count => facts.Count;

    public PartitionFacts this[int number] => facts[number];

    public int Number(string topic, int partition)
    {
        PartitionName name = new(topic, partition);
        if (!numbers.TryGetValue(name, out int number))
        {
            numbers.Add(name, number = facts.Count);
            facts.Add(new PartitionFacts(name));
        }

        return number;
    }

    public PartitionName Name(int number) => facts[number].Name;
}

/// <summary>One partition.</summary>
internal sealed class PartitionFacts(PartitionName name)
{
    public PartitionName Name { get; } = name;

    /// <summary>Message at each offset (number + 1; 0 is nothing known), by acknowledgements of acks=all and by readers.</summary>
    public OffsetMap<int> MessageAt { get; } = new();

    /// <summary>Highest offset acknowledged to anybody with acks=all; -1 for none.</summary>
    public long MaxAcknowledged { get; set; } = -1;

    /// <summary>Highest offset read in the final reads; -1 for none.</summary>
    public long MaxFinal { get; set; } = -1;

    /// <summary>First offset that the final reads had, where they say so; the lowest of all replicas.</summary>
    public long FinalStart { get; set; } = long.MaxValue;

    /// <summary>At least one replica was read from its start to its end.</summary>
    public bool WasReadFinally { get; set; }

    /// <summary>Event that completed the last of these reads.</summary>
    public long FinalEvent { get; set; } = -1;
}
