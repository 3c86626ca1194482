using GoQueue.Broker.Requests;
using GoQueue.Broker.Tests.Fixtures;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Tests;

/// <summary>What a change of topics answers is true at some moment between the question and the answer (M5).</summary>
public sealed class TopicChangeTests
{
    private const int Rounds = 150;

    [Fact]
    public async Task M5_a_create_that_took_effect_says_so_although_somebody_deletes_at_once()
    {
        await using TestBroker broker = TestBroker.Open();
        using CancellationTokenSource stop = new();
        Task deleting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await broker.Topics.DeleteAsync("orders", CancellationToken.None);
            }
        });
        for (int round = 0; round < Rounds; round++)
        {
            Result<TopicImage> created = await broker.Topics.CreateAsync(new CreateTopic("orders", 1, TopicSettingsPatch.Nothing), CancellationToken.None);
            Assert.True(created.IsOk || created.Error.Code == ErrorCode.TopicAlreadyExists, created.Error.ToString());
        }

        await stop.CancelAsync();
        await deleting;
    }

    [Fact]
    public async Task M5_a_node_that_does_not_know_a_topic_asks_before_it_says_that_there_is_none()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        ClusterNode behind = cluster["n3"];
        behind.Metadata.Cut();
        await cluster.CreateAsync();

        Task<Result<TopicImage>> deleting = behind.Broker.Topics.DeleteAsync("orders", CancellationToken.None).AsTask();
        Task<Result<TopicImage>> changing = behind.Broker.Topics.AlterAsync("payments", new() { RetentionBytes = 1 << 20 }, null, CancellationToken.None).AsTask();
        Assert.False(deleting.IsCompleted);
        Assert.False(changing.IsCompleted);
        behind.Metadata.Mend();

        Assert.True((await deleting).IsOk);
        Assert.Equal(ErrorCode.UnknownTopic, (await changing).Error.Code);
    }

    [Fact]
    public async Task M5_a_node_that_knows_an_old_version_asks_before_it_says_that_another_one_was_expected()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.CreateAsync();
        ClusterNode behind = cluster["n3"];
        behind.Metadata.Cut();
        TopicImage now = (await cluster["n1"].Broker.Topics.AlterAsync("orders", new() { RetentionBytes = 1 << 20 }, null, CancellationToken.None)).Value;

        Task<Result<TopicImage>> changing = behind.Broker.Topics.AlterAsync("orders", new() { RetentionBytes = 1 << 21 }, now.Version, CancellationToken.None).AsTask();
        Assert.False(changing.IsCompleted);
        behind.Metadata.Mend();

        Assert.Equal(1 << 21, (await changing).Value.Settings.RetentionBytes);
    }
}
