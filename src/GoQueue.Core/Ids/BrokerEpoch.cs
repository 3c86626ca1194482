namespace GoQueue.Core;

/// <summary>
/// Number of one registration of a broker: the metadata version that its registration made. A broker that restarted has a higher one, so whatever
/// was said of it before is recognised as old (semantics R6, L3). The first possible is 1.
/// </summary>
public readonly record struct BrokerEpoch(long Value) : IComparable<BrokerEpoch>
{
    /// <summary>Never registered, or not known.</summary>
    public static readonly BrokerEpoch None = new(0);

    public bool IsNone => Value <= 0;

    public int CompareTo(BrokerEpoch other) => Value.CompareTo(other.Value);

    public static bool operator <(BrokerEpoch left, BrokerEpoch right) => left.Value < right.Value;

    public static bool operator >(BrokerEpoch left, BrokerEpoch right) => left.Value > right.Value;

    public static bool operator <=(BrokerEpoch left, BrokerEpoch right) => left.Value <= right.Value;

    public static bool operator >=(BrokerEpoch left, BrokerEpoch right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString();
}
