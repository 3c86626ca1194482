using System.Collections.Concurrent;
using GoQueue.Client.Transport;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Client.Topics;

/// <summary>
/// What the client knows about topics and who leads their partitions, shared by its producers and consumers. Entries are asked for once however many
/// callers wait, and again when they have aged or somebody found them wrong; those that are watched are kept up to date by <see cref="MetadataFeed"/>.
/// </summary>
internal sealed class TopicCatalog : IAsyncDisposable
{
    /// <summary>Topics remembered; beyond it everything is forgotten and asked for again on use.</summary>
    private const int MaxTopics = 10_000;

    private readonly ClusterCaller caller;
    private readonly GoQueueClientOptions options;
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, TopicLayout> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task<TopicLayout>> asking = new(StringComparer.Ordinal);
    private readonly ClientClock clock;
    private readonly MetadataFeed feed;

    public TopicCatalog(ClusterCaller caller, GoQueueClientOptions options)
    {
        this.caller = caller;
        this.options = options;
        clock = new ClientClock(options.Time);
        feed = new MetadataFeed(caller, options, this);
    }

    public bool IsAged(TopicLayout layout) => clock.Ticks - layout.FetchedAt > options.MetadataMaxAge.Ticks;

    /// <summary>What is known and not aged, else what a node says.</summary>
    /// <exception cref="GoQueueException">No node could be asked, or it does not know the topic.</exception>
    public Task<TopicLayout> GetAsync(string topic) =>
        known.TryGetValue(topic, out TopicLayout? layout) && !IsAged(layout) ? Task.FromResult(layout) : RefreshAsync(topic);

    /// <summary>What a node says now; joins a question that is under way.</summary>
    /// <exception cref="GoQueueException">No node could be asked, or it does not know the topic.</exception>
    public async Task<TopicLayout> RefreshAsync(string topic)
    {
        TaskCompletionSource<TopicLayout> mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<TopicLayout> question = asking.GetOrAdd(topic, mine.Task);
        if (question == mine.Task)
        {
            await AskAsync(topic, mine).ConfigureAwait(false);
        }

        return await question.ConfigureAwait(false);
    }

    /// <summary>Where a partition's batches and subscriptions go: its leader if one is known, and it has said its address.</summary>
    public Uri? AddressOf(TopicLayout layout, int partition) => caller.Nodes.Find(layout.LeaderOf(partition).Node);

    /// <summary>An in-sync replica in this rack, to read from; null when there is none. Partitions spread over several.</summary>
    public Uri? NearestOf(TopicLayout layout, int partition, string rack)
    {
        string leader = layout.LeaderOf(partition).Node;
        string[] near = [.. layout.InSyncOf(partition).Where(node => caller.Nodes.RackOf(node) == rack && caller.Nodes.Find(node) is not null).Order(StringComparer.Ordinal)];
        return near.Length == 0 ? null : caller.Nodes.Find(near.Contains(leader) ? leader : near[partition % near.Length]);
    }

    /// <summary>This address did not answer: questions go elsewhere first.</summary>
    public void Avoid(Uri address) => caller.Nodes.Failed(address);

    /// <summary>A node that does not lead has named who does. False when that is no news.</summary>
    public bool Heard(string topic, int partition, LeaderHint leader)
    {
        caller.Nodes.Learn(leader.Node, leader.Endpoint);
        lock (gate)
        {
            return known.TryGetValue(topic, out TopicLayout? layout) && layout.Has(partition) && leader.Epoch > layout.LeaderOf(partition).Epoch
                && Keep(layout.With(partition, new PartitionLeader(leader.Node, leader.Epoch)));
        }
    }

    /// <summary>Keeps a topic up to date until disposed. The callback gets every newer layout, from any thread, and must be quick.</summary>
    public IDisposable Watch(string topic, Action<TopicLayout> changed) => feed.Watch(topic, changed);

    /// <summary>What is known about a topic; null when nothing is.</summary>
    public TopicLayout? Find(string topic) => known.GetValueOrDefault(topic);

    /// <summary>Takes in what a node has said, and answers what is true of the topic now.</summary>
    public TopicLayout Adopt(Topic topic, long metadataVersion)
    {
        TopicLayout said = new(TopicMapping.FromWire(topic), metadataVersion, clock.Ticks);
        lock (gate)
        {
            Keep(said.After(known.GetValueOrDefault(said.Name)));
            return known[said.Name];
        }
    }

    /// <summary>A node has said that nothing changed.</summary>
    public void Confirm(string topic, long metadataVersion)
    {
        lock (gate)
        {
            if (known.TryGetValue(topic, out TopicLayout? layout))
            {
                known[topic] = layout.Confirmed(metadataVersion, clock.Ticks);
            }
        }
    }

    public ValueTask DisposeAsync() => feed.DisposeAsync();

    private async Task AskAsync(string topic, TaskCompletionSource<TopicLayout> answer)
    {
        try
        {
            GetMetadataRequest request = new() { Topics = { topic } };
            GetMetadataResponse said = await caller.CallAsync("GetMetadata", request, GetMetadataResponse.Parser, isRepeatable: true, CancellationToken.None).ConfigureAwait(false);
            caller.Nodes.Learn(said.Nodes.Select(node => (node.Id, node.Endpoint, node.Rack)));
            if (said.Topics.Count == 0)
            {
                throw new GoQueueException(ErrorCode.UnknownTopic, $"no topic is named '{topic}'");
            }

            TopicLayout layout = Adopt(said.Topics[0], said.Version);
            asking.TryRemove(topic, out _);
            answer.SetResult(layout);
        }
        catch (Exception failure)
        {
            if (failure is GoQueueException { Code: ErrorCode.UnknownTopic })
            {
                known.TryRemove(topic, out _);
            }

            asking.TryRemove(topic, out _);
            answer.SetException(failure);
        }
    }

    /// <summary>Under the gate, so that layouts are told in the order in which they became known.</summary>
    private bool Keep(TopicLayout layout)
    {
        if (known.Count >= MaxTopics && !known.ContainsKey(layout.Name))
        {
            known.Clear();
        }

        known[layout.Name] = layout;
        feed.Tell(layout);
        return true;
    }
}
