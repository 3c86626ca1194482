using System.Diagnostics.Metrics;
using GoQueue.Core;

namespace GoQueue.Broker;

/// <summary>The broker's instruments. Called per group or per fetch, never per message. Labels are closed sets.</summary>
public sealed class BrokerMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "GoQueue.Broker";

    private readonly Meter meter;
    private readonly Counter<long> publishedMessages;
    private readonly Counter<long> publishedBatches;
    private readonly Counter<long> appendedBytes;
    private readonly Counter<long> refusals;
    private readonly Counter<long> duplicates;
    private readonly Counter<long> fetchedBytes;
    private readonly Counter<long> fetches;
    private readonly Counter<long> failures;
    private readonly Counter<long> scrubbedBytes;
    private readonly Counter<long> scrubDamage;
    private readonly Counter<long> scrubRounds;
    private readonly Counter<long> replicatedBytes;
    private readonly Counter<long> leaderFetches;
    private readonly Counter<long> leaderFetchedBytes;
    private readonly Counter<long> corruptFetches;
    private readonly Counter<long> shippedBytes;
    private readonly Counter<long> refusedShipments;
    private readonly Counter<long> inSyncShrinks;
    private readonly Counter<long> inSyncExpands;
    private readonly Counter<long> inSyncProposals;
    private readonly Counter<long> truncationsBelowHighWatermark;
    private readonly Histogram<double> flushSeconds;
    private readonly Histogram<long> groupBytes;

    public BrokerMetrics(IMeterFactory meters)
    {
        meter = meters.Create(MeterName);
        publishedMessages = meter.CreateCounter<long>("goqueue.producer.messages", null, "Messages appended to partitions.");
        publishedBatches = meter.CreateCounter<long>("goqueue.producer.batches", null, "Record batches appended to partitions.");
        refusals = meter.CreateCounter<long>("goqueue.producer.refusals", null, "Publishes refused, by error code.");
        duplicates = meter.CreateCounter<long>("goqueue.producer.duplicates", null, "Repeated batches recognised and answered with their first offset.");
        appendedBytes = meter.CreateCounter<long>("goqueue.storage.appended.bytes", "By", "Bytes appended to partition logs.");
        fetchedBytes = meter.CreateCounter<long>("goqueue.storage.fetched.bytes", "By", "Bytes of batches handed to readers.");
        fetches = meter.CreateCounter<long>("goqueue.storage.fetches", null, "Reads that returned data.");
        failures = meter.CreateCounter<long>("goqueue.storage.partition.failures", null, "Partitions stopped by a failed disk operation or a broken invariant.");
        scrubbedBytes = meter.CreateCounter<long>("goqueue.storage.scrubbed.bytes", "By", "Bytes of segments that the scrub read from the disk and found sound.");
        scrubDamage = meter.CreateCounter<long>("goqueue.storage.scrub.damage", null, "Damaged ranges that the scrub found before anybody read them.");
        scrubRounds = meter.CreateCounter<long>("goqueue.storage.scrub.rounds", null, "Rounds of the scrub over all partitions that ended; each verifies what was due when it began.");
        replicatedBytes = meter.CreateCounter<long>("goqueue.replication.appended.bytes", "By", "Bytes appended that a leader sent.");
        leaderFetches = meter.CreateCounter<long>("goqueue.replication.fetches", null, "Answers that leaders gave to this node's fetches.");
        leaderFetchedBytes = meter.CreateCounter<long>("goqueue.replication.fetched.bytes", "By", "Bytes of batches fetched from leaders.");
        shippedBytes = meter.CreateCounter<long>("goqueue.replication.shipped.bytes", "By", "Bytes of sealed segments taken whole from leaders.");
        refusedShipments = meter.CreateCounter<long>("goqueue.replication.shipments.refused", null, "Sealed segments that were given up on their way and begun anew.");
        corruptFetches = meter.CreateCounter<long>("goqueue.replication.corrupt.fetches", null, "Data from a leader that was refused for its checksum or structure.");
        inSyncShrinks = meter.CreateCounter<long>("goqueue.replication.in.sync.shrinks", null, "Times that replicas left the in-sync set of a partition led here.");
        inSyncExpands = meter.CreateCounter<long>("goqueue.replication.in.sync.expands", null, "Times that replicas joined the in-sync set of a partition led here.");
        inSyncProposals = meter.CreateCounter<long>("goqueue.replication.in.sync.proposals", null, "Changes of an in-sync set proposed by this node, by kind and outcome.");
        truncationsBelowHighWatermark = meter.CreateCounter<long>("goqueue.replication.truncations.below.high.watermark", null, "Logs cut below what was committed here: records lost by an unclean election.");
        flushSeconds = meter.CreateHistogram("goqueue.storage.flush.duration", "s", "Time one flush of a partition log took.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
        });
        groupBytes = meter.CreateHistogram("goqueue.storage.group", "By", "Bytes written and flushed as one group.", advice: new InstrumentAdvice<long>
        {
            HistogramBucketBoundaries = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20],
        });
    }

    /// <summary>A gauge over state that somebody else owns; read when the metrics are scraped.</summary>
    public void Observe(string name, string? unit, string description, Func<long> value) => meter.CreateObservableGauge(name, value, unit, description);

    public void Dispose() => meter.Dispose();

    internal void Appended(int batches, int messages, long bytes)
    {
        publishedBatches.Add(batches);
        publishedMessages.Add(messages);
        appendedBytes.Add(bytes);
        groupBytes.Record(bytes);
    }

    internal void Flushed(TimeSpan duration) => flushSeconds.Record(duration.TotalSeconds);

    internal void PublishRefused(ErrorCode code) => refusals.Add(1, new KeyValuePair<string, object?>("code", ErrorCodes.Name(code)));

    internal void DuplicateRecognised() => duplicates.Add(1);

    internal void Fetched(IReadOnlyList<BufferSlice> slices)
    {
        long bytes = 0;
        for (int i = 0; i < slices.Count; i++)
        {
            bytes += slices[i].Length;
        }

        fetches.Add(1);
        fetchedBytes.Add(bytes);
    }

    internal void PartitionFailed() => failures.Add(1);

    internal void Scrubbed(long bytes, bool isDamaged)
    {
        scrubbedBytes.Add(bytes);
        scrubDamage.Add(isDamaged ? 1 : 0);
    }

    internal void ScrubRoundEnded() => scrubRounds.Add(1);

    internal void Replicated(long bytes) => replicatedBytes.Add(bytes);

    internal void FetchedFromLeader(long bytes)
    {
        leaderFetches.Add(1);
        leaderFetchedBytes.Add(bytes);
    }

    internal void Shipped(long bytes) => shippedBytes.Add(bytes);

    internal void ShipmentRefused() => refusedShipments.Add(1);

    internal void CorruptFetch() => corruptFetches.Add(1);

    internal void InSyncChanged(int by)
    {
        if (by != 0)
        {
            (by > 0 ? inSyncExpands : inSyncShrinks).Add(1);
        }
    }

    internal void InSyncProposed(bool isExpansion, bool isAccepted) => inSyncProposals.Add(
        1, new KeyValuePair<string, object?>("kind", isExpansion ? "expand" : "shrink"), new KeyValuePair<string, object?>("outcome", isAccepted ? "accepted" : "refused"));

    internal void TruncatedBelowHighWatermark() => truncationsBelowHighWatermark.Add(1);
}
