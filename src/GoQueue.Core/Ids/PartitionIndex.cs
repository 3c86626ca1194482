namespace GoQueue.Core;

/// <summary>Number of a partition inside its topic, from 0.</summary>
public readonly record struct PartitionIndex(int Value) : IComparable<PartitionIndex>
{
    public int CompareTo(PartitionIndex other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}
