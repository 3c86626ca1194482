using GoQueue.History.Events;

namespace GoQueue.History.Checking;

/// <summary>One family of anomalies: folds over the events, each given once, in their order.</summary>
internal abstract class Check(CheckContext context)
{
    protected CheckContext Context { get; } = context;

    /// <summary>An operation is about to be asked.</summary>
    public virtual void Invoked(HistoryEvent invocation)
    {
    }

    /// <summary>Its outcome came. Operations without one are still open at the end: they count as info.</summary>
    public virtual void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
    }

    /// <summary>Something was seen.</summary>
    public virtual void Observed(HistoryEvent seen)
    {
    }

    /// <summary>There is no more: judge what needed all of it.</summary>
    public virtual void Finish()
    {
    }

    protected void Report(string id, string text, HistoryEvent at, int? partition = null, long? offset = null, AnomalyLevel? level = null) =>
        Context.Findings.Report(id, text, at, partition is { } index ? Context.Partitions.Name(index) : null, offset, level);

    protected void Report(string id, string text, ReadOnlySpan<long> events, int? partition = null, long? offset = null, AnomalyLevel? level = null) =>
        Context.Findings.Report(id, text, events, partition is { } index ? Context.Partitions.Name(index) : null, offset, level);
}
