namespace GoQueue.Core;

/// <summary>Position of a record in a partition, counted from 0. Dense at append; compaction may leave gaps.</summary>
public readonly record struct Offset(long Value) : IComparable<Offset>
{
    public static readonly Offset Zero = new(0);

    /// <summary>No offset; never a valid position.</summary>
    public static readonly Offset None = new(-1);

    public bool IsNone => Value < 0;

    public Offset Next => new(Value + 1);

    public int CompareTo(Offset other) => Value.CompareTo(other.Value);

    public static Offset operator +(Offset offset, long count) => new(offset.Value + count);

    public static long operator -(Offset left, Offset right) => left.Value - right.Value;

    public static bool operator <(Offset left, Offset right) => left.Value < right.Value;

    public static bool operator >(Offset left, Offset right) => left.Value > right.Value;

    public static bool operator <=(Offset left, Offset right) => left.Value <= right.Value;

    public static bool operator >=(Offset left, Offset right) => left.Value >= right.Value;

    public static Offset Min(Offset left, Offset right) => left < right ? left : right;

    public static Offset Max(Offset left, Offset right) => left > right ? left : right;

    public override string ToString() => Value.ToString();
}
