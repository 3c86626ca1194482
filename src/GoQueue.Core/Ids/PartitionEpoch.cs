namespace GoQueue.Core;

/// <summary>
/// Number of a state of one partition in the metadata, raised by every change of its leader, replicas, ISR or ELR. A change names the one it was
/// based on and is refused when another came first (semantics R6). First is 0.
/// </summary>
public readonly record struct PartitionEpoch(int Value) : IComparable<PartitionEpoch>
{
    public static readonly PartitionEpoch Zero = new(0);

    public PartitionEpoch Next => new(checked(Value + 1));

    public int CompareTo(PartitionEpoch other) => Value.CompareTo(other.Value);

    public static bool operator <(PartitionEpoch left, PartitionEpoch right) => left.Value < right.Value;

    public static bool operator >(PartitionEpoch left, PartitionEpoch right) => left.Value > right.Value;

    public static bool operator <=(PartitionEpoch left, PartitionEpoch right) => left.Value <= right.Value;

    public static bool operator >=(PartitionEpoch left, PartitionEpoch right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString();
}
