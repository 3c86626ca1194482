using System.Diagnostics;
using GoQueue.Client;
using GoQueue.Demo.Processes;
using GoQueue.Demo.Readers;
using GoQueue.Demo.Verdicts;

namespace GoQueue.Demo;

/// <summary>Everything in, and back out by three roads: every byte and the order of every key.</summary>
internal static class FirstLoad
{
    private const string Topic = "debian-packages";

    public static async Task RunAsync(BrokerProcess broker, GoQueueClient client, IReadOnlyList<SentMessage> messages, DemoOptions options, Report report, CancellationToken cancellationToken)
    {
        await client.Admin.CreateTopicAsync(Topic, options.Partitions, cancellationToken: cancellationToken);
        Load load = new(client, messages);
        load.Allow(messages.Count);
        long started = Stopwatch.GetTimestamp();
        await load.RunAsync(Topic, cancellationToken);
        report.Judge(
            "publish",
            $"{load.Acknowledged:N0} messages acknowledged in {Report.Rate(load.Acknowledged, Report.Since(started))}, each flushed first: {(load.AreAllFlushed ? "yes" : "no")}",
            [.. load.Failures, .. load.AreAllFlushed ? Array.Empty<string>() : ["an answer did not promise that its message is on the device"]]);

        using RestReader rest = new(broker.Ports.HttpAddress);
        using GrpcReader grpc = new(broker.Ports.GrpcAddress);
        List<StoredMessage> last = [];
        foreach (ITopicReader reader in new ITopicReader[] { rest, grpc, new ClientReader(client) })
        {
            started = Stopwatch.GetTimestamp();
            last = await ReadAllAsync(reader, Topic, options.Partitions, cancellationToken);
            TimeSpan took = Report.Since(started);
            report.Judge(reader.Name, $"{last.Count:N0} messages read in {Report.Rate(last.Count, took)}: same bytes, order per key kept", Comparison.Differences(messages, last));
        }

        report.Judge("check", "the comparison was shown seven damaged copies and saw the damage in each", [.. Sabotage.Unseen(messages, last).Select(kind => $"not seen: {kind}")]);
    }

    internal static async Task<List<StoredMessage>> ReadAllAsync(ITopicReader reader, string topic, int partitions, CancellationToken cancellationToken)
    {
        List<StoredMessage> all = [];
        for (int partition = 0; partition < partitions; partition++)
        {
            all.AddRange(await reader.ReadAsync(topic, partition, cancellationToken));
        }

        return all;
    }
}
