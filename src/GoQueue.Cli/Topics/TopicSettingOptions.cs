using System.CommandLine;
using GoQueue.Cli.Hosting;
using GoQueue.Client;

namespace GoQueue.Cli.Topics;

/// <summary>The settings of a topic as options, for create and alter, and as <c>--config key=value</c> with the names that the REST interface uses.</summary>
internal sealed class TopicSettingOptions
{
    private readonly Option<TimeSpan?> retention = OptionOf.Duration("--retention", "Keep messages at least this long; -1 for ever. Default 7d.", forever: true);
    private readonly Option<long?> retentionBytes = OptionOf.Size("--retention-bytes", "Keep at most about this much per partition; -1 for no limit. Default -1.", unlimited: true);
    private readonly Option<long?> segmentBytes = OptionOf.Size("--segment-bytes", "Size at which a log segment is closed. Default 64MiB.");
    private readonly Option<TimeSpan?> segmentAge = OptionOf.Duration("--segment-age", "Age at which a log segment is closed. Default 7d.");
    private readonly Option<TopicCleanup?> cleanup = OptionOf.Choice<TopicCleanup>(
        "--cleanup-policy", [], "Delete old messages, or keep the last one of every key. Default delete.", ("delete", TopicCleanup.Delete), ("compact", TopicCleanup.Compact));

    private readonly Option<long?> maxMessageBytes = OptionOf.Size("--max-message-bytes", "Largest batch of messages. Default 1MiB.");
    private readonly Option<TopicFlush?> flushMode = OptionOf.Choice<TopicFlush>(
        "--flush-mode",
        [],
        "When data is forced to the disk: before it is acknowledged, every --flush-interval, or when the system likes. Default flush.",
        ("flush", TopicFlush.Flush),
        ("interval", TopicFlush.Interval),
        ("none", TopicFlush.None));

    private readonly Option<TimeSpan?> flushInterval = OptionOf.Duration("--flush-interval", "Used with --flush-mode interval. Default 1s.");
    private readonly Option<long?> replicationFactor = OptionOf.Whole(
        "--replication-factor", [], "Replicas of each partition, used when partitions are placed. Default 3, or as many as there are nodes.", "COUNT", 1, 8);

    private readonly Option<long?> minInSync = OptionOf.Whole(
        "--min-in-sync-replicas", [], "With fewer replicas in sync, acks=all is refused. Default 2 with three replicas or more, else 1.", "COUNT", 1, 8);

    private readonly Option<bool?> unclean = OptionOf.Choice<bool>(
        "--unclean-leader-election", [], "Whether a replica that may lack acknowledged messages may lead when no other can. Default false.", ("true", true), ("false", false));

    private readonly Option<string[]> config = OptionOf.Texts("--config", [], "A setting by its name, such as retentionMs=60000 or cleanup.policy=compact.", "KEY=VALUE");

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { retention, retentionBytes, segmentBytes, segmentAge, cleanup, maxMessageBytes, flushMode, flushInterval, replicationFactor, minInSync, unclean, config })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was given; everything else is null. An option wins over the same setting in --config.</summary>
    public TopicConfiguration Read(Session session)
    {
        TopicConfiguration byName = TopicSettingText.Parse(session.Get(config) ?? []);
        return new TopicConfiguration
        {
            Retention = session.Get(retention) ?? byName.Retention,
            RetentionBytes = session.Get(retentionBytes) ?? byName.RetentionBytes,
            SegmentBytes = session.Get(segmentBytes) ?? byName.SegmentBytes,
            SegmentAge = session.Get(segmentAge) ?? byName.SegmentAge,
            Cleanup = session.Get(cleanup) ?? byName.Cleanup,
            MaxMessageBytes = session.Get(maxMessageBytes) is { } bytes ? (int)Math.Min(bytes, int.MaxValue) : byName.MaxMessageBytes,
            Flush = session.Get(flushMode) ?? byName.Flush,
            FlushInterval = session.Get(flushInterval) ?? byName.FlushInterval,
            ReplicationFactor = (int?)session.Get(replicationFactor) ?? byName.ReplicationFactor,
            MinInSyncReplicas = (int?)session.Get(minInSync) ?? byName.MinInSyncReplicas,
            UncleanLeaderElection = session.Get(unclean) ?? byName.UncleanLeaderElection,
        };
    }
}
