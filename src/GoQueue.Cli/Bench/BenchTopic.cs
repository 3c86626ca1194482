using System.Globalization;
using GoQueue.Cli.Hosting;
using GoQueue.Client;
using GoQueue.Core;

namespace GoQueue.Cli.Bench;

/// <summary>The topic a measurement uses: an existing one, or one of its own that is deleted at the end.</summary>
internal sealed class BenchTopic : IAsyncDisposable
{
    private readonly Session session;
    private readonly GoQueueClient client;
    private readonly bool deleteAtEnd;

    private BenchTopic(Session session, GoQueueClient client, TopicDescription description, bool deleteAtEnd)
    {
        this.session = session;
        this.client = client;
        this.deleteAtEnd = deleteAtEnd;
        Description = description;
    }

    public TopicDescription Description { get; }

    public string Name => Description.Name;

    public int Partitions => Description.Partitions.Count;

    public string FlushMode => Description.Configuration.Flush?.ToString().ToLowerInvariant() ?? "unknown";

    /// <param name="session">The run.</param>
    /// <param name="client">Creates and deletes it.</param>
    /// <param name="named">An existing topic, or one to be created and kept; null: one of its own.</param>
    /// <param name="partitions">Partitions of a created topic.</param>
    /// <param name="configuration">Settings of a created topic.</param>
    /// <param name="keep">Do not delete it at the end.</param>
    public static async Task<BenchTopic> OpenAsync(Session session, GoQueueClient client, string? named, int partitions, TopicConfiguration configuration, bool keep)
    {
        if (named is not null)
        {
            try
            {
                return new BenchTopic(session, client, await client.Admin.DescribeTopicAsync(named, session.Cancel), deleteAtEnd: false);
            }
            catch (GoQueueException e) when (e.Code == ErrorCode.UnknownTopic)
            {
                session.Notices.Say($"topic {named} is new; it stays after the measurement");
            }
        }

        string name = named ?? string.Create(CultureInfo.InvariantCulture, $"bench-{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}-{Environment.ProcessId}");
        TopicDescription created = await client.Admin.CreateTopicAsync(name, partitions, configuration, session.Cancel);
        return new BenchTopic(session, client, created, deleteAtEnd: named is null && !keep);
    }

    public async ValueTask DisposeAsync()
    {
        if (!deleteAtEnd)
        {
            return;
        }

        try
        {
            // Also after Ctrl-C, hence without the session's token.
            await client.Admin.DeleteTopicAsync(Name, CancellationToken.None);
        }
        catch (GoQueueException e)
        {
            session.Notices.Say($"the topic {Name} of this measurement could not be deleted: {e.Detail}");
        }
    }
}
