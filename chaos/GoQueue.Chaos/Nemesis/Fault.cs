namespace GoQueue.Chaos.Nemesis;

/// <summary>One thing that goes wrong, once. A new one is made for each time; its methods are called in this order, one at a time.</summary>
internal abstract class Fault
{
    /// <summary>What it happened to, in words; known after <see cref="BeginAsync"/>.</summary>
    public string Target { get; protected set; } = string.Empty;

    /// <summary>How long it may take until its effect is there, where that can be longer than the fault was planned to last.</summary>
    public virtual TimeSpan EffectPatience => TimeSpan.Zero;

    /// <summary>Another fault has the node now on which the effect would be seen. When it was never seen and another fault stood before it, that is nobody's mistake.</summary>
    public virtual bool IsHidden => false;

    /// <summary>Makes it happen. When it throws, <see cref="EndAsync"/> is called all the same.</summary>
    public abstract Task BeginAsync(CancellationToken cancellationToken);

    /// <summary>Looks whether it really happened, by other means than those that made it; called after <see cref="BeginAsync"/> and again before <see cref="EndAsync"/> until it says so once.</summary>
    /// <returns>Null when it took effect; else what was seen instead. A fault without effect makes a run unknown.</returns>
    public abstract Task<string?> VerifyEffectAsync(CancellationToken cancellationToken);

    /// <summary>Takes it back, as far as one can. Also called when it did not begin as a whole.</summary>
    public abstract Task EndAsync(CancellationToken cancellationToken);
}

/// <summary>There is nothing that this fault could happen to now: others have it already, or it is not there. No mistake, and no fault either; a fault to which this always happens makes a run unknown.</summary>
internal sealed class NothingLeftException(string what) : Exception(what);
