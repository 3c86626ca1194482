using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>Creates topics, changes their settings, adds partitions and deletes, all while they are used (M5, M6).</summary>
internal sealed class AdminClient(ClientWorld world, int number, int maxTopics, int nodes) : SimulatedClient(world, number, "admin")
{
    private const int MaxPartitions = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private int names;

    protected override async Task WorkAsync()
    {
        while (!World.IsStopping)
        {
            if (World.IsLosingDisk())
            {
                // A partition placed on a disk that is gone, before the cluster knows, has never been anywhere else.
            }
            else if (World.Topics.Count == 0 || (World.Topics.Count < maxTopics && Random.Below(4) == 0))
            {
                await CreateAsync($"topic-{Number}-{names++}");
            }
            else
            {
                await ChangeAsync(Random.Pick(World.Topics));
            }

            await PauseAsync(World.Topics.Count == 0 ? 20 : 500);
        }
    }

    private Task ChangeAsync(TopicImage topic) => Random.Below(12) switch
    {
        0 when World.Ledger.IsSurelyThere(topic.Name) => CreateAsync(topic.Name), // the name is taken
        1 or 2 => AddPartitionsAsync(topic),
        3 when World.Topics.Count > 1 => DeleteAsync(topic),
        _ => AlterAsync(topic),
    };

    private async Task CreateAsync(string name)
    {
        bool isTaken = World.Ledger.IsSurelyThere(name);
        TopicSettingsPatch settings = new()
        {
            RetentionMillis = -1,
            RetentionBytes = -1,
            SegmentBytes = 1 << 20,
            SegmentMillis = Random.Coin() ? 1000 : 3_600_000,
            ReplicationFactor = nodes == 1 ? 1 : Random.Below(4) == 0 ? 2 : 3,
        };
        settings = World.HasCleaning ? WithCleaning(settings) : settings;
        CreateTopic request = new(name, 1 + Random.Below(2), settings);
        ClientAnswer<Result<TopicImage>> answer = await World.Network.CallAsync(Process, AnyHost(), node => node.Topics.CreateAsync(request, CancellationToken.None), Patience);
        World.Operations++;
        SimulationFailure.Unless(!isTaken || !(answer.IsKnown && answer.Value.IsOk), "M5", $"topic {name} was created a second time");
        if (answer is { IsKnown: true, Value.IsOk: true })
        {
            World.Created(answer.Value.Value);
        }
        else
        {
            await LearnAsync(name);
        }
    }

    /// <summary>A third of the topics keep everything, a third of them lose what is old, a third are compacted.</summary>
    private TopicSettingsPatch WithCleaning(TopicSettingsPatch settings) => Random.Below(3) switch
    {
        0 => settings,
        1 => settings with { RetentionMillis = 1000 + Random.Below(4000), SegmentMillis = 1000 },
        _ => settings with { CleanupPolicy = CleanupPolicy.Compact, SegmentMillis = 1000 },
    };

    private async Task AlterAsync(TopicImage topic)
    {
        TopicSettingsPatch settings = Random.Below(4) > 0 || nodes == 1
            ? new TopicSettingsPatch { SegmentBytes = 1 << (20 + Random.Below(3)) }
            : new TopicSettingsPatch { MinInSyncReplicas = 1 + Random.Below(2) };
        long before = World.Ledger.VersionOf(topic.Id);
        long? expected = Random.Coin() ? before : null;
        ClientAnswer<Result<TopicImage>> answer = await World.Network.CallAsync(
            Process, AnyHost(), node => node.Topics.AlterAsync(topic.Name, settings, expected, CancellationToken.None), Patience);
        Take(topic, answer, before, expected);
    }

    private async Task AddPartitionsAsync(TopicImage topic)
    {
        if (topic.Partitions.Count >= MaxPartitions)
        {
            return;
        }

        long before = World.Ledger.VersionOf(topic.Id);
        long? expected = Random.Coin() ? before : null;
        int total = topic.Partitions.Count + 1;
        ClientAnswer<Result<TopicImage>> answer = await World.Network.CallAsync(
            Process, AnyHost(), node => node.Topics.AddPartitionsAsync(topic.Name, total, expected, CancellationToken.None), Patience);
        Take(topic, answer, before, expected);
    }

    private void Take(TopicImage topic, ClientAnswer<Result<TopicImage>> answer, long before, long? expected)
    {
        World.Operations++;
        if (answer is { IsKnown: true, Value.IsOk: true } && answer.Value.Value.Id == topic.Id)
        {
            World.Ledger.Changed(answer.Value.Value, before, expected);
            World.Changed(answer.Value.Value);
        }
    }

    private async Task DeleteAsync(TopicImage topic)
    {
        World.Ledger.AskDeletion(topic.Id);
        ClientHistory.RecordedCall call = World.History.Delete(Number, topic.Id);
        ClientAnswer<Result<TopicImage>> answer = await World.Network.CallAsync(Process, AnyHost(), node => node.Topics.DeleteAsync(topic.Name, CancellationToken.None), Patience);
        World.Operations++;
        if (answer is { IsKnown: true, Value.IsOk: true })
        {
            call.Ok();
            World.Ledger.Deleted(topic.Id);
            World.Deleted(topic.Id);
        }
        else
        {
            call.Unknown();
        }
    }

    /// <summary>Whether the creation took place is seen, not guessed.</summary>
    private async Task LearnAsync(string name)
    {
        ClientAnswer<Result<TopicImage>> answer = await World.Network.CallAsync(
            Process, AnyHost(), node => new ValueTask<Result<TopicImage>>(node.Topics.Describe(name)), TimeSpan.FromSeconds(1));
        World.Operations++;
        if (answer is { IsKnown: true, Value.IsOk: true })
        {
            World.Created(answer.Value.Value);
        }
    }
}
