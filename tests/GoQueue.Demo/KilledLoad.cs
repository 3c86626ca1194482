using System.Diagnostics;
using System.Text;
using GoQueue.Client;
using GoQueue.Demo.Processes;
using GoQueue.Demo.Readers;
using GoQueue.Demo.Verdicts;

namespace GoQueue.Demo;

/// <summary>A second load during which the broker is killed and started again on the same data while the client goes on sending.</summary>
internal static class KilledLoad
{
    private const string Topic = "debian-packages-killed";

    /// <summary>Answers the broker that is running at the end.</summary>
    public static async Task<BrokerProcess> RunAsync(BrokerProcess broker, GoQueueClient client, IReadOnlyList<SentMessage> messages, DemoOptions options, string data, Report report, CancellationToken cancellationToken)
    {
        await client.Admin.CreateTopicAsync(Topic, options.Partitions, cancellationToken: cancellationToken);
        Load load = new(client, messages);
        Task sending = load.RunAsync(Topic, cancellationToken);
        int part = messages.Count / (options.Kills + 1);
        for (int kill = 1; kill <= options.Kills; kill++)
        {
            // The load comes in parts, and the kill falls into the middle of a part by counting answers: however fast the machine is, some of
            // the part is answered, the rest is on its way, and the next part goes to the broker that comes back.
            BrokerProcess victim = broker;
            int inFlight = 0;
            TaskCompletionSource<int> killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            load.At((part * kill) - (part / 2), () =>
            {
                victim.Kill();
                inFlight = load.InFlight;
                killed.TrySetResult(load.Acknowledged);
            });
            load.Allow(part * kill);
            int answered = await killed.Task.WaitAsync(TimeSpan.FromMinutes(2), cancellationToken);
            await victim.GoneAsync();
            report.Judge(
                "SIGKILL",
                $"process {victim.Id}, with {answered:N0} of {messages.Count:N0} acknowledged and {inFlight:N0} unanswered",
                inFlight > 0 ? [] : ["nothing was on its way: the kill did not fall into the load"]);
            await victim.DisposeAsync();
            broker = await BrokerProcess.StartAsync(options.Bin, data, victim.Ports, cancellationToken);
            report.Say("restart", $"process {broker.Id} on the same data, ready after {broker.StartTime.TotalSeconds:0.00} s");
        }

        load.Allow(messages.Count);
        await sending;
        report.Judge("publish", $"the load went on: {load.Acknowledged:N0} of {messages.Count:N0} acknowledged in the end", load.Failures);

        using RestReader rest = new(broker.Ports.HttpAddress);
        foreach (ITopicReader reader in new ITopicReader[] { new ClientReader(client), rest })
        {
            long started = Stopwatch.GetTimestamp();
            List<StoredMessage> stored = await FirstLoad.ReadAllAsync(reader, Topic, options.Partitions, cancellationToken);
            report.Judge(
                reader.Name,
                $"{stored.Count:N0} messages read in {Report.Rate(stored.Count, Report.Since(started))}: every acknowledged one once, at its offset, in order per key",
                Comparison.Differences(messages, stored));
        }

        return broker;
    }

    /// <summary>The packages again, each with its number in front, so that no two messages are alike and a duplicate cannot hide.</summary>
    public static List<SentMessage> Numbered(IEnumerable<SentMessage> messages) =>
        [.. messages.Select(message => new SentMessage(message.Index, message.Key, [.. Encoding.UTF8.GetBytes($"Number: {message.Index}\n"), .. message.Value]))];
}
