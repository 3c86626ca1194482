namespace GoQueue.Client.Producing;

/// <summary>Id from the broker, and the epoch that this producer raises itself on one partition to leave a gap behind (semantics I2, I3).</summary>
internal readonly record struct ProducerIdentity(long Id, short Epoch)
{
    public static readonly ProducerIdentity None = new(-1, -1);

    public bool IsNone => Id < 0;

    public bool HasNextEpoch => Epoch < short.MaxValue;

    public ProducerIdentity NextEpoch => this with { Epoch = (short)(Epoch + 1) };
}
