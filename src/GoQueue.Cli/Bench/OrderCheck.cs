namespace GoQueue.Cli.Bench;

/// <summary>
/// Checks what one reader of a partition sees: offsets rise by one, and each sender's numbers rise by one. One instance per partition; one
/// thread at a time.
/// </summary>
internal sealed class OrderCheck
{
    private const long Unseen = -1;

    // By sender; a benchmark has a few of them.
    private long[] nextSequence = [];
    private long nextOffset = Unseen;

    public long Messages { get; private set; }

    /// <summary>Offsets that did not follow the one before.</summary>
    public long OffsetGaps { get; private set; }

    /// <summary>Numbers of a sender that were left out.</summary>
    public long Lost { get; private set; }

    /// <summary>Numbers of a sender that came again, or after a later one.</summary>
    public long RepeatedOrLate { get; private set; }

    /// <summary>Messages without a stamp; they count but prove nothing.</summary>
    public long Unstamped { get; private set; }

    public void See(long offset, ReadOnlySpan<byte> value)
    {
        Messages++;
        OffsetGaps += nextOffset != Unseen && offset != nextOffset ? 1 : 0;
        nextOffset = offset + 1;
        if (!StampedPayload.TryRead(value, out StampedPayload stamp))
        {
            Unstamped++;
            return;
        }

        if (stamp.Producer >= nextSequence.Length)
        {
            int known = nextSequence.Length;
            Array.Resize(ref nextSequence, stamp.Producer + 1);
            Array.Fill(nextSequence, Unseen, known, nextSequence.Length - known);
        }

        ref long expected = ref nextSequence[stamp.Producer];
        if (expected == Unseen || stamp.Sequence == expected)
        {
            expected = stamp.Sequence + 1;
        }
        else if (stamp.Sequence > expected)
        {
            Lost += stamp.Sequence - expected;
            expected = stamp.Sequence + 1;
        }
        else
        {
            RepeatedOrLate++;
        }
    }
}
