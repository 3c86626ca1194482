using GoQueue.Core;

namespace GoQueue.Broker.Replication;

/// <summary>The broker epoch of this process's registration. Set by whoever registers it; none until then, and while none nothing is fetched.</summary>
public sealed class RegisteredEpoch
{
    private long value;

    public BrokerEpoch Value
    {
        get => new(Volatile.Read(ref value));
        set => Volatile.Write(ref this.value, value.Value);
    }
}
