using System.Runtime.InteropServices;
using System.Text.Json;
using GoQueue.Chaos.Clients;
using GoQueue.Chaos.Workloads;

namespace GoQueue.Chaos.Commands;

/// <summary><c>client</c>: a sender and a reader in a process of their own; started by a run, which kills and stops them. Ends with the run, however that ends.</summary>
internal static class ClientCommand
{
    private const int Lanes = 4;

    public static async Task<int> RunAsync(Arguments given)
    {
        _ = given.Text(ClientLines.RunArgument);
        given.Finish();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true); // the run decides
        ClientOrder order = JsonSerializer.Deserialize<ClientOrder>(await Console.In.ReadLineAsync() ?? throw new UsageException("client is started by a run only"), JsonSerializerOptions.Web)!;
        using CancellationTokenSource stop = new();
        RemoteRecorder recorder = new(new StreamWriter(Console.OpenStandardOutput()));
        Thread listening = new(() => Listen(recorder, stop)) { IsBackground = true, Name = "from the harness" };
        listening.Start();

        WorkloadPlan plan = new() { Topic = order.Topic, Partitions = order.Partitions, Bytes = order.Bytes };
        ProducerSender sender = new(() => order.Endpoints, plan, recorder, order.Name, Lanes, order.PerSecond);
        Dictionary<int, long> from = Enumerable.Range(0, order.Partitions).ToDictionary(partition => partition, partition => order.Positions.GetValueOrDefault(partition));
        ConsumerPoller poller = new(() => order.Endpoints, plan, recorder, from, rack: null);
        await Task.WhenAll(Task.Run(() => sender.RunAsync(stop.Token)), Task.Run(() => poller.RunAsync(stop.Token)));
        return 0;
    }

    private static void Listen(RemoteRecorder recorder, CancellationTokenSource stop)
    {
        while (Console.In.ReadLine() is { } line)
        {
            if (line == ClientLines.Stop)
            {
                stop.Cancel();
            }
            else
            {
                recorder.Answer(line);
            }
        }

        Environment.Exit(3); // the run is gone
    }
}
