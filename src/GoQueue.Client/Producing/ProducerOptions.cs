using GoQueue.Core.Records;

namespace GoQueue.Client;

/// <summary>When a message counts as delivered.</summary>
public enum ProducerAcks
{
    /// <summary>When the leader has received it; it may be lost without notice, and is never sent twice.</summary>
    None,

    /// <summary>When the leader has stored it as the topic's flush mode says; it is lost if that node is lost before others have it.</summary>
    Leader,

    /// <summary>When every in-sync replica has stored it. The default.</summary>
    All,
}

/// <summary>How a producer collects, sends and repeats. Checked by <see cref="GoQueueClient.CreateProducer"/>.</summary>
public sealed record ProducerOptions
{
    /// <summary>When a message counts as delivered. Default <see cref="ProducerAcks.All"/>.</summary>
    public ProducerAcks Acks { get; init; } = ProducerAcks.All;

    /// <summary>
    /// Whether the broker recognises repeated batches, so that a retry never stores a message twice and never changes the order in a partition.
    /// Default null: on, unless <see cref="Acks"/> is none, where it cannot be on.
    /// </summary>
    public bool? Idempotence { get; init; }

    /// <summary>A batch is sent when it holds this many messages. Default 100; 1 to 1,000,000.</summary>
    public int BatchMessages { get; init; } = 100;

    /// <summary>
    /// A batch is sent when it holds this many bytes before compression. A larger message travels alone. Default 64 KiB; 1 KiB to 64 MiB, and in
    /// effect at most the topic's maximum.
    /// </summary>
    public int BatchBytes { get; init; } = 64 << 10;

    /// <summary>
    /// A batch is sent this long after its first message at the latest. Default 5 ms; zero sends what is there whenever the connection is free,
    /// which gives the lowest latency and still batches under load. At most a minute.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Compression of batches that get smaller by it. Default none.</summary>
    public CompressionCodec Compression { get; init; } = CompressionCodec.None;

    /// <summary>Bytes of messages accepted and not yet settled; when they are used up, sending waits. Default 32 MiB; 64 KiB to 16 GiB.</summary>
    public long BufferBytes { get; init; } = 32 << 20;

    /// <summary>Longest wait for room in the buffer or for what is known about a topic. Default 60 s; above zero, at most a day.</summary>
    public TimeSpan MaxBlock { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Calls that may wait for room or for a topic at the same time; further ones fail at once. Default 10,000; 1 to 10,000,000.</summary>
    public int MaxWaitingSends { get; init; } = 10_000;

    /// <summary>A message that is not acknowledged this long after it was accepted fails. Default 2 minutes; above zero, at most a day.</summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long disposing waits for the remaining messages before they fail. Default 30 s; above zero, at most a day.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Batches of one partition sent and not answered yet. Default and most 5, which is what the broker remembers per producer. Without idempotence a
    /// retry may change the order when it is above 1.
    /// </summary>
    public int MaxInFlightPerPartition { get; init; } = 5;

    /// <summary>Connections that the partitions are spread over. Default 1; 1 to 16. A second one helps above some 500 MB/s.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Told of every settled batch; see <see cref="DeliveryCallback"/>.</summary>
    public DeliveryCallback? OnDelivery { get; init; }

    internal bool IsIdempotent => Idempotence ?? Acks != ProducerAcks.None;

    /// <exception cref="ArgumentException">An option is outside its bounds.</exception>
    internal void Validate()
    {
        OptionMistakes mistakes = new();
        mistakes.Unless(Enum.IsDefined(Acks), $"{nameof(Acks)} {(int)Acks} does not exist");
        mistakes.Unless(Compression <= CompressionCodec.Snappy, $"{nameof(Compression)} {(int)Compression} does not exist");
        mistakes.Unless(Acks != ProducerAcks.None || Idempotence != true, "Idempotence needs acknowledgements: choose Acks leader or all");
        mistakes.UnlessBetween(BatchMessages, 1, 1_000_000, nameof(BatchMessages));
        mistakes.UnlessBetween(BatchBytes, 1 << 10, 64 << 20, nameof(BatchBytes));
        mistakes.Unless(Linger >= TimeSpan.Zero && Linger <= TimeSpan.FromMinutes(1), $"{nameof(Linger)} is {Linger}, it must lie between zero and a minute");
        mistakes.UnlessBetween(BufferBytes, 64 << 10, 16L << 30, nameof(BufferBytes));
        mistakes.UnlessDuration(MaxBlock, nameof(MaxBlock));
        mistakes.UnlessBetween(MaxWaitingSends, 1, 10_000_000, nameof(MaxWaitingSends));
        mistakes.UnlessDuration(DeliveryTimeout, nameof(DeliveryTimeout));
        mistakes.UnlessDuration(CloseTimeout, nameof(CloseTimeout));
        mistakes.Unless(Linger < DeliveryTimeout, $"{nameof(Linger)} {Linger} is not below {nameof(DeliveryTimeout)} {DeliveryTimeout}");
        mistakes.UnlessBetween(MaxInFlightPerPartition, 1, 5, nameof(MaxInFlightPerPartition));
        mistakes.UnlessBetween(Connections, 1, 16, nameof(Connections));
        mistakes.Throw(nameof(ProducerOptions));
    }
}
