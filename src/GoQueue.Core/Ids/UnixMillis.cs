namespace GoQueue.Core;

/// <summary>A wall-clock instant in milliseconds since 1970-01-01T00:00:00Z. Stamps records; never measures elapsed time.</summary>
public readonly record struct UnixMillis(long Value) : IComparable<UnixMillis>
{
    /// <summary>No time known.</summary>
    public static readonly UnixMillis None = new(-1);

    public bool IsNone => Value < 0;

    public int CompareTo(UnixMillis other) => Value.CompareTo(other.Value);

    public static bool operator <(UnixMillis left, UnixMillis right) => left.Value < right.Value;

    public static bool operator >(UnixMillis left, UnixMillis right) => left.Value > right.Value;

    public static bool operator <=(UnixMillis left, UnixMillis right) => left.Value <= right.Value;

    public static bool operator >=(UnixMillis left, UnixMillis right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString();

    /// <summary>The current wall-clock time of <paramref name="time"/>.</summary>
    public static UnixMillis From(TimeProvider time) => new(time.GetUtcNow().ToUnixTimeMilliseconds());
}
