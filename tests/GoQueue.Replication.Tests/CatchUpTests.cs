using GoQueue.Core;
using GoQueue.Replication.Wire;

namespace GoQueue.Replication.Tests;

public sealed class CatchUpTests
{
    private const string Id = "00000001000200030405060708090a0b";

    private static readonly TopicPartition P7 = new(new TopicId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), new PartitionIndex(7));

    [Fact]
    public void Golden_messages()
    {
        using SharedBuffer request = CatchUpCodec.Encode([P7]);
        Assert.Equal("01" + "00000001" + Id + "00000007", Convert.ToHexStringLower(request.Span));
        Assert.Equal([P7], CatchUpCodec.DecodeRequest(request.Span).Value);
        CatchUpReport report = new(P7, new NodeId("n4"), 1000, 50);
        using SharedBuffer answer = CatchUpCodec.Encode([report]);
        Assert.Equal("01" + "00000001" + Id + "00000007" + "00026e34" + "00000000000003e8" + "0000000000000032", Convert.ToHexStringLower(answer.Span));
        Assert.Equal([report], CatchUpCodec.DecodeReports(answer.Span).Value);
    }

    [Fact]
    public void A_leader_knows_where_a_follower_began_and_where_it_is()
    {
        LeaderScene scene = new(records: 10);
        Assert.Equal(new CatchUpPosition(Offset.None, Offset.None, TimeSpan.Zero), scene.Replica.CatchUpOf(Fixtures.N2, scene.Now));
        scene.Fetch(Fixtures.N2, 1);
        scene.Now += TimeSpan.FromSeconds(2);
        scene.Fetch(Fixtures.N2, 7);
        Assert.Equal(new CatchUpPosition(new Offset(7), new Offset(1), TimeSpan.FromSeconds(2)), scene.Replica.CatchUpOf(Fixtures.N2, scene.Now));
        Assert.Null(scene.Replica.CatchUpOf(new NodeId("n9"), scene.Now));
    }
}
