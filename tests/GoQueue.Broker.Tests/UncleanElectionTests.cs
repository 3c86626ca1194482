using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;
using GoQueue.Metadata.Topics;
using GoQueue.Testing;

namespace GoQueue.Broker.Tests;

/// <summary>A leader that lacks records was chosen: the others follow it, keep what they lose, and say which offsets that is.</summary>
public sealed class UncleanElectionTests
{
    [Fact]
    public async Task L5_an_unclean_election_is_followed_with_an_alarm_and_a_copy_of_what_is_lost()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TopicSettings.Default with { UncleanLeaderElection = true });
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        cluster.Network.Cut(new NodeId("n3"));
        await cluster.FenceAsync("n3");
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("b"))).IsOk);
        await cluster["n1"].StopAsync();
        await cluster["n2"].StopAsync();
        cluster.Network.Mend(new NodeId("n3"));
        await cluster.DecideAsync(new AlterBrokerCommand(new NodeId("n3"), cluster.BrokerOf(new NodeId("n3")).Epoch, BrokerChange.Unfence));
        await cluster.ElectAsync("n3", ElectionKind.Unclean);
        Assert.Null(Assert.Single(cluster.Metadata.Image.Events).AtRisk); // who could tell is not there
        await Eventually.TrueAsync(() => cluster["n3"].PublishAsync(Batches.Of("c"), Acks.Leader).Result.IsOk, "n3 leads");
        await cluster["n1"].StartAsync();
        await cluster["n2"].StartAsync();
        await cluster.InSyncAsync("n1", "n2", "n3");
        await Eventually.TrueAsync(() => cluster.Metadata.Image.Events[0].AtRisk == new OffsetRange(new Offset(1), new Offset(2)), "what n1 and n2 had to cut is reported");
        Assert.Equal(["0=a", "1=c"], await cluster["n3"].ReadAllAsync());
        await Eventually.TrueAsync(() => cluster["n1"].ReadAllAsync(fromFollower: true).Result.SequenceEqual(["0=a", "1=c"]), "n1 took the new history");
    }

    [Fact]
    public async Task L5_the_old_leader_that_comes_back_longer_adds_what_it_alone_had()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync(TopicSettings.Default with { UncleanLeaderElection = true });
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("a"))).IsOk);
        await cluster["n3"].StopAsync();
        await cluster.FenceAsync("n3");
        Assert.True((await cluster.Leader.PublishAsync(Batches.Of("b"))).IsOk);
        await cluster["n2"].StopAsync();
        Assert.True((await cluster["n1"].PublishAsync(Batches.Of("c", "d"), Acks.Leader)).IsOk);
        await cluster["n1"].StopAsync();
        await cluster["n3"].StartAsync();
        await cluster.ElectAsync("n3", ElectionKind.Forced);
        await Eventually.TrueAsync(() => cluster["n3"].PublishAsync(Batches.Of("x"), Acks.Leader).Result.IsOk, "n3 leads");

        await cluster["n2"].StartAsync();
        await Eventually.TrueAsync(() => AtRisk() == (1, 2), "n2 reports what it had");
        await cluster["n1"].StartAsync();
        await Eventually.TrueAsync(() => AtRisk() == (1, 4), "n1, which led before, had more");
        await cluster.InSyncAsync("n1", "n2", "n3");

        (long First, long End)? AtRisk() => Assert.Single(cluster.Metadata.Image.Events).AtRisk is { } range ? (range.First.Value, range.End.Value) : null;
    }
}
