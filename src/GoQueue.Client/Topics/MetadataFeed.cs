using GoQueue.Client.Transport;
using GoQueue.Contracts.V1;

namespace GoQueue.Client.Topics;

/// <summary>
/// Hears of changes of the watched topics: one call is always open at some node, which answers when there is news. When it breaks, which is news of
/// its own kind, the next node is asked at once.
/// </summary>
internal sealed class MetadataFeed(ClusterCaller caller, GoQueueClientOptions options, TopicCatalog catalog) : IAsyncDisposable
{
    /// <summary>How long a node keeps a question. A node that hangs is noticed that much later, so it is short.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, List<Watcher>> watchers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();
    private CancellationTokenSource? asked;
    private Task running = Task.CompletedTask;

    public IDisposable Watch(string topic, Action<TopicLayout> changed)
    {
        Watcher watcher = new(this, topic, changed);
        lock (gate)
        {
            if (!watchers.TryGetValue(topic, out List<Watcher>? list))
            {
                watchers[topic] = list = [];
                asked?.Cancel(); // the open question does not name it
            }

            list.Add(watcher);
            if (running.IsCompleted && !stopping.IsCancellationRequested)
            {
                running = Task.Run(RunAsync);
            }
        }

        return watcher;
    }

    public void Tell(TopicLayout layout)
    {
        Watcher[] told;
        lock (gate)
        {
            told = watchers.TryGetValue(layout.Name, out List<Watcher>? list) ? [.. list] : [];
        }

        foreach (Watcher watcher in told)
        {
            watcher.Changed(layout);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Never throws. Ends when nothing is watched any more.</summary>
    private async Task RunAsync()
    {
        for (int failures = 0; ;)
        {
            using CancellationTokenSource question = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            string[] topics;
            lock (gate)
            {
                topics = [.. watchers.Keys];
                asked = question;
                if (topics.Length == 0 || stopping.IsCancellationRequested)
                {
                    running = Task.CompletedTask;
                    asked = null;
                    return;
                }
            }

            try
            {
                await AskAsync(topics, question.Token).ConfigureAwait(false);
                failures = 0;
            }
            catch (OperationCanceledException) when (question.IsCancellationRequested)
            {
                // another topic is to be named, or the end
            }
            catch (Exception)
            {
                failures++; // the next node is asked; after a round of them that failed, after a pause
                if (failures >= caller.Nodes.Count)
                {
                    await Task.Delay(Backoff.After(failures, options), options.Time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            finally
            {
                lock (gate)
                {
                    asked = null;
                }
            }
        }
    }

    private async Task AskAsync(string[] topics, CancellationToken cancellationToken)
    {
        // From the oldest on: nothing is missed, and something may be told twice. A topic of which nothing is known is asked for by its user.
        TopicLayout[] layouts = [.. topics.Select(catalog.Find).OfType<TopicLayout>()];
        long seen = layouts.Length == 0 ? long.MaxValue : Math.Max(1, layouts.Min(layout => layout.MetadataVersion));
        GetMetadataRequest request = new() { KnownVersion = seen, WaitMs = (int)Wait.TotalMilliseconds, Topics = { layouts.Select(layout => layout.Name) } };
        GetMetadataResponse said = await caller.CallAsync("GetMetadata", request, GetMetadataResponse.Parser, isRepeatable: true, cancellationToken).ConfigureAwait(false);
        caller.Nodes.Learn(said.Nodes.Select(node => (node.Id, node.Endpoint, node.Rack)));
        foreach (Topic topic in said.Topics)
        {
            catalog.Adopt(topic, said.Version);
        }

        foreach (string unchanged in layouts.Select(layout => layout.Name).Except(said.Topics.Select(topic => topic.Name)).Except(said.UnknownTopics))
        {
            catalog.Confirm(unchanged, said.Version);
        }

        if (said.UnknownTopics.Count > 0)
        {
            // Deleted: told each time, so that whoever uses it finds out by its own requests, and nobody asks without a pause.
            await Task.Delay(Wait, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Forget(Watcher watcher)
    {
        lock (gate)
        {
            if (watchers.TryGetValue(watcher.Topic, out List<Watcher>? list) && list.Remove(watcher) && list.Count == 0)
            {
                watchers.Remove(watcher.Topic);
                asked?.Cancel();
            }
        }
    }

    private sealed class Watcher(MetadataFeed feed, string topic, Action<TopicLayout> changed) : IDisposable
    {
        public string Topic => topic;

        public void Changed(TopicLayout layout) => changed(layout);

        public void Dispose() => feed.Forget(this);
    }
}
