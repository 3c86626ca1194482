using GoQueue.Broker.Requests;
using GoQueue.Core.Peers;
using GoQueue.Metadata;
using GoQueue.Simulation.World;
using GoQueue.Storage.Directories;

namespace GoQueue.Simulation.Hosts;

/// <summary>What a process of a node is given when it starts.</summary>
internal sealed record NodeLaunch
{
    public required SimulatedHost Host { get; init; }

    public required SimulatedProcess Process { get; init; }

    public required ILogDirectory Data { get; init; }

    public required IPeerTransport Peers { get; init; }

    /// <summary>Every host of the world.</summary>
    public required IReadOnlyList<SimulatedHost> Hosts { get; init; }

    /// <summary>Randomness of this life of the node.</summary>
    public required SeededStream Random { get; init; }
}

/// <summary>The production code of one node, composed for the simulator as the server composes it.</summary>
internal interface INodeProgram
{
    /// <summary>True once clients may be served.</summary>
    bool IsServing { get; }

    ITopicRequests Topics { get; }

    IPartitionRequests Partitions { get; }

    IProducerRequests Producers { get; }

    IClusterRequests Cluster { get; }

    /// <summary>What this node knows of the cluster; null before it is open.</summary>
    MetadataImage? Image { get; }

    /// <summary>Opens everything. An IOException means that the process gives up and exits, as a server does.</summary>
    Task StartAsync();

    /// <summary>An orderly stop.</summary>
    Task StopAsync();

    /// <summary>Frees what the process shares with the rest of this program, after its death.</summary>
    void Forget();
}
