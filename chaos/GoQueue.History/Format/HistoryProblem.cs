namespace GoQueue.History.Format;

/// <summary>What is wrong with a history as a document, whatever the product did.</summary>
public enum ProblemKind : byte
{
    /// <summary>The first line is none of ours; nothing can be judged.</summary>
    NoHistory,

    /// <summary>There is no last line: the harness was killed, or the end was cut off.</summary>
    CutOff,

    /// <summary>The last line ends in its middle.</summary>
    TornEnd,

    /// <summary>A line is no event: torn, or two writers at once.</summary>
    BrokenLine,

    /// <summary>A line is longer than allowed.</summary>
    LongLine,

    /// <summary>An operation this version does not know.</summary>
    UnknownOperation,

    /// <summary>An index is lower than one before it.</summary>
    OutOfOrder,

    /// <summary>An index appears twice.</summary>
    DuplicateIndex,

    /// <summary>Indexes are missing: lines were lost.</summary>
    Gap,

    /// <summary>Time goes back.</summary>
    TimeGoesBack,

    /// <summary>An outcome of an operation that was not asked.</summary>
    OutcomeWithoutInvocation,

    /// <summary>A process asks again while an operation is open.</summary>
    TwoOpen,

    /// <summary>A process number is used after an unknown outcome.</summary>
    ProcessNotRetired,

    /// <summary>Lines behind the last one, or a count in it that is wrong.</summary>
    WrongEnd,
}

/// <summary>One problem: where, what, and what it means for the verdict.</summary>
/// <param name="Line">Line in the file, from 1; 0 when the history was never in a file.</param>
public sealed record HistoryProblem(ProblemKind Kind, long Line, string Message)
{
    /// <summary>An event in the middle is missing or is left out of the judgement. Not so when the end is cut off: what stands before it is whole.</summary>
    public bool IsHole => Kind is not (ProblemKind.NoHistory or ProblemKind.CutOff or ProblemKind.TornEnd or ProblemKind.WrongEnd or ProblemKind.DuplicateIndex);

    public override string ToString() => Line > 0 ? $"line {Line}: {Message}" : Message;
}
