namespace GoQueue.Partitions.Producers;

/// <summary>
/// Arithmetic of producer sequence numbers: 0 to 2^31-1, after which comes 0 again (semantics I1). Two numbers up to half the space apart
/// have an order; that is far beyond any number of batches in flight.
/// </summary>
internal static class SequenceNumbers
{
    /// <summary>The largest distance that still has a direction.</summary>
    public const int HalfSpace = 1 << 30;

    /// <summary>The sequence <paramref name="count"/> steps after <paramref name="sequence"/>.</summary>
    public static int Add(int sequence, long count) => (int)((sequence + count) & int.MaxValue);

    /// <summary>Steps forward from <paramref name="from"/> to <paramref name="to"/>, 0 to 2^31-1.</summary>
    public static int Distance(int from, int to) => (to - from) & int.MaxValue;
}
