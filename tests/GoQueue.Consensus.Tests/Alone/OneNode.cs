using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata.Quorum;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Consensus.Tests.Alone;

/// <summary>A cluster of one node.</summary>
internal static class OneNode
{
    public static readonly QuorumMember Member = new(new NodeId("n1"), new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "localhost", 7000);

    public static readonly Genesis Genesis = new("cluster", [Member], []);

    public static RaftEnvironment Environment(ITurnScheduler loop, TimeProvider time) => new()
    {
        Node = Member.Node,
        Incarnation = Member.Incarnation,
        Loop = loop,
        Background = loop,
        Time = time,
        Peers = null,
        Seed = 1,
        Logger = NullLogger.Instance,
        Meters = null,
    };
}
