using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Client;
using GoQueue.Core.Records;

namespace GoQueue.Cli.Bench;

/// <summary>Options of the measurements, shared by those that use them.</summary>
internal sealed class BenchOptions
{
    // One value must fit into the largest batch a topic can allow.
    private const long LargestValue = 60 << 20;

    public Option<string?> Topic { get; } = OptionOf.Text("--topic", "Use this topic, created when it does not exist, and keep it. Default: one that is deleted at the end.", "TOPIC");

    public Option<bool> Keep { get; } = OptionOf.Flag("--keep", "Keep the topic that was created for the measurement.");

    public Option<long?> Partitions { get; } = OptionOf.Whole("--partitions", [], "Partitions of a created topic. Default 3.", "COUNT", 1, 10_000);

    public Option<TopicFlush?> FlushMode { get; } = OptionOf.Choice<TopicFlush>(
        "--flush-mode", [], "Flush mode of a created topic. Default flush.", ("flush", TopicFlush.Flush), ("interval", TopicFlush.Interval), ("none", TopicFlush.None));

    public Option<long?> Messages { get; } = OptionOf.Whole("--messages", [], "How many messages are measured.", "COUNT", 1, 100_000_000_000);

    public Option<TimeSpan?> Duration { get; } = OptionOf.Duration("--duration", "How long to measure, instead of --messages.");

    public Option<TimeSpan?> WarmUp { get; } = OptionOf.Duration("--warm-up", "Load before the measurement, not counted. Default 2s.");

    public Option<long?> Size { get; } = OptionOf.Size("--size", "Bytes of a value, at least 24. Default 1024.");

    public Option<long?> Producers { get; } = OptionOf.Whole("--producers", [], "Senders, each with its own connection and thread. Default 1.", "COUNT", 1, 1024);

    public Option<ProducerAcks?> Acks { get; } = OptionOf.Choice<ProducerAcks>(
        "--acks", [], "Whom to wait for. Default all.", ("none", ProducerAcks.None), ("leader", ProducerAcks.Leader), ("all", ProducerAcks.All));

    public Option<CompressionCodec?> Compression { get; } = OptionOf.Choice<CompressionCodec>(
        "--compression", [], "Compress batches. Default none.", ("none", CompressionCodec.None), ("gzip", CompressionCodec.Gzip), ("snappy", CompressionCodec.Snappy));

    public Option<long?> BatchBytes { get; } = OptionOf.Size("--batch-bytes", "Bytes at which the client closes a batch. Default 64KiB.");

    public Option<long?> BatchMessages { get; } = OptionOf.Whole("--batch-messages", [], "Messages at which the client closes a batch. Default: as many as fit.", "COUNT", 1, 1_000_000);

    public Option<TimeSpan?> Linger { get; } = OptionOf.Duration("--linger", "How long the client waits for a batch to fill. Default 5ms, for latency 0.");

    public Option<double?> Rate { get; } = OptionOf.Rate("--rate", "Open loop: send at this rate whatever happens, latency counted from when a message was due.");

    public Option<string?> ProbeFolder { get; } = OptionOf.Text("--probe", "Also measure for 5 s how fast 4 KiB are written and forced to the disk of this folder.", "DIR");

    public Option<long?> ServerProcess { get; } = OptionOf.Whole("--server-pid", [], "Process of the broker on this machine: its processor time and memory are reported, too.", "PID", 1, int.MaxValue);

    public IEnumerable<Option> OfTopic => [Topic, Keep, Partitions, FlushMode];

    public IEnumerable<Option> OfLoad => [Messages, Duration, WarmUp, Size, Producers, Acks, Compression, BatchBytes, BatchMessages, Linger, Rate];

    public IEnumerable<Option> OfMachine => [ProbeFolder, ServerProcess];

    public int SizeOf(Session session)
    {
        long size = session.Get(Size) ?? 1024;
        return size is >= StampedPayload.Size and <= LargestValue
            ? (int)size
            : throw CommandFailure.Usage($"--size {size} is not possible", $"use {StampedPayload.Size} bytes (the stamp that proves order) to {LargestValue}");
    }

    public TopicConfiguration TopicSettings(Session session)
    {
        // A value larger than the default limit needs a topic that allows it.
        long needed = SizeOf(session) + 1024L;
        return new TopicConfiguration { Flush = session.Get(FlushMode), MaxMessageBytes = needed > 1 << 20 ? (int)needed : null };
    }

    public Task<BenchTopic> OpenTopicAsync(Session session, GoQueueClient client) =>
        BenchTopic.OpenAsync(session, client, session.Get(Topic), (int)(session.Get(Partitions) ?? 3), TopicSettings(session), session.Get(Keep));

    public LoadPlan Plan(Session session, BenchTopic topic, TimeSpan usualDuration, double? usualRate = null)
    {
        session.Exclusive(Messages, Duration);
        return new LoadPlan
        {
            Topic = topic.Name,
            Partitions = topic.Partitions,
            Size = SizeOf(session),
            Producers = (int)(session.Get(Producers) ?? 1),
            Messages = session.Get(Messages),
            Duration = session.Get(Messages) is null ? session.Get(Duration) ?? usualDuration : null,
            Rate = session.Get(Rate) ?? usualRate,
            WarmUp = session.Get(WarmUp) ?? TimeSpan.FromSeconds(2),
        };
    }

    public ProducerOptions ForProducer(Session session, TimeSpan usualLinger)
    {
        int batchBytes = (int)Math.Min(session.Get(BatchBytes) ?? Math.Max(64 << 10, SizeOf(session) + 1024), 64 << 20);
        return new ProducerOptions
        {
            Acks = session.Get(Acks) ?? ProducerAcks.All,
            Compression = session.Get(Compression) ?? CompressionCodec.None,
            BatchBytes = batchBytes,
            BatchMessages = (int)(session.Get(BatchMessages) ?? Math.Max(100, batchBytes / StampedPayload.Size)),
            Linger = session.Get(Linger) ?? usualLinger,
        };
    }

    /// <summary>The probe, when asked for.</summary>
    public async Task<FlushProbe?> ProbeAsync(Session session)
    {
        if (session.Get(ProbeFolder) is not { } folder)
        {
            return null;
        }

        session.Notices.Detail($"flush probe in {folder} for {FlushProbe.Length.TotalSeconds} s");
        return await Task.Factory.StartNew(() => FlushProbe.Run(folder, FlushProbe.Length, session.Cancel), session.Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
