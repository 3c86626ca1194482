using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Simulation.Clients;

/// <summary>Creates topics, and changes their settings while they are used.</summary>
internal sealed class AdminClient(ClientWorld world, int number, int maxTopics, int nodes) : SimulatedClient(world, number, "admin")
{
    private int names;

    protected override async Task WorkAsync()
    {
        while (!World.IsStopping)
        {
            if (World.Topics.Count == 0 || (World.Topics.Count < maxTopics && Random.Below(4) == 0))
            {
                await CreateAsync();
            }
            else if (World.Topics.Count > 0)
            {
                await AlterAsync(Random.Pick(World.Topics).Name);
            }

            await PauseAsync(World.Topics.Count == 0 ? 20 : 800);
        }
    }

    private async Task CreateAsync()
    {
        string name = $"topic-{Number}-{names++}";
        TopicSettingsPatch settings = new()
        {
            RetentionMillis = -1,
            RetentionBytes = -1,
            SegmentBytes = 1 << 20,
            SegmentMillis = Random.Coin() ? 1000 : 3_600_000,
            ReplicationFactor = nodes == 1 ? 1 : Random.Below(4) == 0 ? 2 : 3,
        };
        CreateTopic request = new(name, 1 + Random.Below(2), settings);
        await World.Network.CallAsync(Process, AnyHost(), node => node.Topics.CreateAsync(request, CancellationToken.None), TimeSpan.FromSeconds(2));
        await LearnAsync(name);
    }

    private async Task AlterAsync(string name)
    {
        TopicSettingsPatch settings = new() { SegmentBytes = 1 << (20 + Random.Below(3)) };
        await World.Network.CallAsync(Process, AnyHost(), node => node.Topics.AlterAsync(name, settings, null, CancellationToken.None), TimeSpan.FromSeconds(2));
        World.Operations++;
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
