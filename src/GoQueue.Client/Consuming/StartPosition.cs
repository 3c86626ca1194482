namespace GoQueue.Client;

/// <summary>Where a consumer begins to read.</summary>
public readonly record struct StartPosition
{
    private StartPosition(StartKind kind, long value)
    {
        Kind = kind;
        Value = value;
    }

    /// <summary>The first message still kept.</summary>
    public static StartPosition Earliest => new(StartKind.Earliest, 0);

    /// <summary>The first message that comes after reading started.</summary>
    public static StartPosition Latest => new(StartKind.Latest, 0);

    internal StartKind Kind { get; }

    /// <summary>The offset, or the time in Unix milliseconds.</summary>
    internal long Value { get; }

    /// <summary>This offset, in every partition that has no other.</summary>
    /// <param name="offset">0 or more.</param>
    public static StartPosition AtOffset(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new StartPosition(StartKind.Offset, offset);
    }

    /// <summary>The first message with a timestamp at or after this time; the end when there is none.</summary>
    public static StartPosition AtTime(DateTimeOffset time) => new(StartKind.Time, time.ToUnixTimeMilliseconds());
}

/// <summary>The kinds of <see cref="StartPosition"/>; its default value is the earliest.</summary>
internal enum StartKind
{
    Earliest,
    Latest,
    Offset,
    Time,
}
