namespace GoQueue.Server.Hosting;

/// <summary>What the listeners are bound to, for the broker, which opens after them and tells the cluster where it is.</summary>
internal sealed class BoundListeners
{
    private ServerAddresses? addresses;

    public ServerAddresses Addresses
    {
        get => addresses ?? throw new InvalidOperationException("the listeners are not open");
        set => addresses = value;
    }
}
