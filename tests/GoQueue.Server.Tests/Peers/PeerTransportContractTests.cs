using GoQueue.Testing.Peers;

namespace GoQueue.Server.Tests.Peers;

/// <summary>The contract of the port on real connections over loopback.</summary>
public sealed class PeerTransportContractTests : PeerTransportContract
{
    protected override PeerTransportWorld CreateWorld() => new LoopbackWorld();
}
