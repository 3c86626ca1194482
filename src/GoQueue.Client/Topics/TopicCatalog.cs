using System.Collections.Concurrent;

namespace GoQueue.Client.Topics;

/// <summary>
/// What the client knows about topics, shared by its producers and consumers. Entries are asked for once however many callers wait, and again
/// when they have aged or somebody found them wrong.
/// </summary>
internal sealed class TopicCatalog(GoQueueAdmin admin, GoQueueClientOptions options)
{
    /// <summary>Topics remembered; beyond it everything is forgotten and asked for again on use.</summary>
    private const int MaxTopics = 10_000;

    private readonly ConcurrentDictionary<string, TopicLayout> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task<TopicLayout>> asking = new(StringComparer.Ordinal);
    private readonly ClientClock clock = new(options.Time);

    public bool IsAged(TopicLayout layout) => clock.Ticks - layout.FetchedAt > options.MetadataMaxAge.Ticks;

    /// <summary>What is known and not aged, else what the broker says.</summary>
    /// <exception cref="GoQueueException">The broker could not be asked, or does not know the topic.</exception>
    public Task<TopicLayout> GetAsync(string topic) =>
        known.TryGetValue(topic, out TopicLayout? layout) && !IsAged(layout) ? Task.FromResult(layout) : RefreshAsync(topic);

    /// <summary>What the broker says now; joins a question that is under way.</summary>
    /// <exception cref="GoQueueException">The broker could not be asked, or does not know the topic.</exception>
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

    private async Task AskAsync(string topic, TaskCompletionSource<TopicLayout> answer)
    {
        try
        {
            TopicDescription description = await admin.DescribeTopicAsync(topic).ConfigureAwait(false);
            TopicLayout layout = new(description, clock.Ticks);
            if (known.Count >= MaxTopics)
            {
                known.Clear();
            }

            known[topic] = layout;
            asking.TryRemove(topic, out _);
            answer.SetResult(layout);
        }
        catch (Exception failure)
        {
            known.TryRemove(topic, out _);
            asking.TryRemove(topic, out _);
            answer.SetException(failure);
        }
    }
}
