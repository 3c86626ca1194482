using GoQueue.Core;

namespace GoQueue.Partitions.Producers;

/// <summary>What is to happen with a batch.</summary>
public enum ProducerVerdict
{
    /// <summary>Append it.</summary>
    Accept = 0,

    /// <summary>It is in the log already; answer with the offsets of the first attempt and append nothing.</summary>
    Duplicate = 1,

    /// <summary>Answer the error and append nothing.</summary>
    Refuse = 2,
}

/// <summary>
/// The answer of <see cref="PartitionState.Decide"/>. Accept carries nothing, Duplicate the place of the first attempt, Refuse the error.
/// A value, so that deciding allocates only when it refuses.
/// </summary>
public readonly record struct ProducerDecision
{
    private ProducerDecision(ProducerVerdict verdict, Offset baseOffset, Offset lastOffset, UnixMillis timestamp, Error error)
    {
        Verdict = verdict;
        BaseOffset = baseOffset;
        LastOffset = lastOffset;
        Timestamp = timestamp;
        Error = error;
    }

    public ProducerVerdict Verdict { get; }

    /// <summary>First offset of the first attempt, with <see cref="ProducerVerdict.Duplicate"/>. It may not be flushed or committed yet.</summary>
    public Offset BaseOffset { get; }

    /// <summary>Last offset of the first attempt, with <see cref="ProducerVerdict.Duplicate"/>.</summary>
    public Offset LastOffset { get; }

    /// <summary>Largest timestamp of the first attempt as stored, with <see cref="ProducerVerdict.Duplicate"/>.</summary>
    public UnixMillis Timestamp { get; }

    /// <summary>The refusal, with <see cref="ProducerVerdict.Refuse"/>.</summary>
    public Error Error { get; }

    public bool IsAccept => Verdict == ProducerVerdict.Accept;

    public bool IsDuplicate => Verdict == ProducerVerdict.Duplicate;

    public bool IsRefusal => Verdict == ProducerVerdict.Refuse;

    public static ProducerDecision Accept() => new(ProducerVerdict.Accept, Offset.None, Offset.None, UnixMillis.None, default);

    public static ProducerDecision Duplicate(Offset baseOffset, Offset lastOffset, UnixMillis timestamp) =>
        new(ProducerVerdict.Duplicate, baseOffset, lastOffset, timestamp, default);

    public static ProducerDecision Refuse(ErrorCode code, string detail) =>
        new(ProducerVerdict.Refuse, Offset.None, Offset.None, UnixMillis.None, new Error(code, detail));
}
