using GoQueue.Chaos.Nemesis;
using GoQueue.Chaos.Workloads;
using GoQueue.Client;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.Harness.Verification;
using GoQueue.History.Bodies;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Runs;

/// <summary>
/// Every partition from its start, as each replica serves it: by a reader in that replica's rack (each node has a rack of its own here). Then, with all nodes stopped,
/// the batches in the files of each replica, by a reader that knows only the byte table.
/// </summary>
internal sealed class FinalReads(TestBed bed, WorkloadPlan plan, IHistoryRecorder recorder)
{
    private const int RecordsInAnEvent = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Log> logs = [];

    /// <summary>What one replica gave of one partition.</summary>
    private sealed record Log(string Node, int Partition, List<HistoryRecord> Records)
    {
        public long Start { get; set; }

        public long End { get; set; }
    }

    /// <summary>Reads by the clients' road from every replica; answers what could not be read.</summary>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        TopicView topic = await bed.Cluster.TopicAsync(plan.Topic, cancellationToken);
        foreach (string node in topic.Partitions.SelectMany(partition => partition.Replicas).Distinct().Order(StringComparer.Ordinal))
        {
            int[] partitions = [.. topic.Partitions.Where(partition => partition.Replicas.Contains(node)).Select(partition => partition.Partition)];
            try
            {
                await ReadAsync(node, partitions, cancellationToken);
            }
            catch (Exception failure) when (failure is GoQueueException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                return $"{node}: {failure.Message}";
            }
        }

        return null;
    }

    /// <summary>With all nodes stopped: reads their files, and writes everything that was read into the history.</summary>
    public void Record(IReadOnlyDictionary<string, string> dataOf, string topicId)
    {
        foreach (Log log in logs)
        {
            // Without its data folder its files are not ours to read.
            Record(log, dataOf.TryGetValue(log.Node, out string? data) ? ReadFiles(log, Path.Combine(data, "partitions", $"{topicId}-{log.Partition}")) : null);
        }
    }

    /// <summary>The batches as far as they can be read. No excuse for files that were damaged on purpose: they were found and replaced by now.</summary>
    private List<BatchDigest> ReadFiles(Log log, string folder)
    {
        List<BatchDigest> batches = [];
        try
        {
            foreach (StoredBatch batch in BatchFile.Read(folder).Where(batch => batch.Base < log.End))
            {
                batches.Add(new BatchDigest(batch.Base, batch.Next - 1, batch.Checksum));
            }
        }
        catch (Exception damage) when (damage is HarnessException or IOException)
        {
            bed.Note($"files of {plan.Topic}/{log.Partition} on {log.Node}: {damage.Message}");
        }

        return batches;
    }

    private void Record(Log log, IReadOnlyList<BatchDigest>? batches)
    {
        int from = 0;
        do
        {
            HistoryRecord[] part = [.. log.Records.Skip(from).Take(RecordsInAnEvent)];
            from += part.Length;
            bool isLast = from == log.Records.Count;
            FinalReadValue value = new()
            {
                Topic = plan.Topic,
                Partition = log.Partition,
                Records = part,
                Start = log.Start,
                End = isLast ? log.End : part[^1].Offset!.Value + 1,
                IsLast = isLast,
                Batches = isLast ? batches : null,
            };
            recorder.Observe(Operation.FinalRead, value, log.Node);
        }
        while (from < log.Records.Count);
    }

    private async Task ReadAsync(string node, int[] partitions, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        Dictionary<int, Log> byPartition = partitions.ToDictionary(partition => partition, partition => new Log(node, partition, []));
        await using GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions { Address = string.Join(',', bed.Cluster.Endpoints), ClientId = "chaos-final" });
        await using GoQueueConsumer consumer = client.CreateConsumer(new ConsumerOptions { Topic = plan.Topic, Partitions = partitions, Rack = node, StopAtEnd = true });
        await foreach (MessageBatch batch in consumer.ReadBatchesAsync(limit.Token))
        {
            Log log = byPartition[batch.Partition];
            foreach (MessageView message in batch)
            {
                log.Records.Add(MessageBody.Read(message.Offset, message.Value));
            }

            log.Start = Math.Max(log.Start, batch.LogStartOffset); // -1 from a new leader that does not know it yet
            log.End = batch.NextOffset;
        }

        logs.AddRange(byPartition.Values);
    }
}
