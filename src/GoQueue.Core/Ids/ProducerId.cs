namespace GoQueue.Core;

/// <summary>Identity of an idempotent producer, given out by the metadata log and never reused.</summary>
public readonly record struct ProducerId(long Value) : IComparable<ProducerId>
{
    /// <summary>The batch carries no producer identity.</summary>
    public static readonly ProducerId None = new(-1);

    public bool IsNone => Value < 0;

    public int CompareTo(ProducerId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}
