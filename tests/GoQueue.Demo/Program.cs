using GoQueue.Client;
using GoQueue.Demo;
using GoQueue.Demo.Input;
using GoQueue.Demo.Processes;
using GoQueue.Demo.Verdicts;

try
{
    return await RunAsync(DemoOptions.Parse(args));
}
catch (Exception failure) when (failure is DemoException or GoQueueException)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 2;
}

static async Task<int> RunAsync(DemoOptions options)
{
    using CancellationTokenSource stop = new(TimeSpan.FromMinutes(20));
    ConsoleCancelEventHandler onInterrupt = (_, key) =>
    {
        key.Cancel = true;
        stop.Cancel();
    };
    Console.CancelKeyPress += onInterrupt;

    Report report = new();
    List<Package> packages = await PackageIndex.ReadAsync(options.Packages, stop.Token);
    List<SentMessage> messages = [.. packages.Select((package, index) => new SentMessage(index, package.Name, package.Stanza))];
    int names = packages.Select(package => Convert.ToBase64String(package.Name)).Distinct().Count();
    Console.WriteLine($"The Debian package index: {packages.Count:N0} packages of {names:N0} names, {packages.Sum(package => (long)package.Stanza.Length) / 1048576.0:0.0} MiB");

    string data = options.Data ?? Directory.CreateTempSubdirectory("goqueue-demo-").FullName;
    BrokerProcess? broker = null;
    try
    {
        broker = await BrokerProcess.StartAsync(options.Bin, data, BrokerPorts.Free, stop.Token);
        await using (GoQueueClient client = GoQueueClient.Connect($"127.0.0.1:{broker.Ports.Grpc}"))
        {
            report.Title("1. One message for each package, keyed by its name, and back by three roads");
            await FirstLoad.RunAsync(broker, client, messages, options, report, stop.Token);

            report.Title("2. Once more, with SIGKILL in the middle");
            broker = await KilledLoad.RunAsync(broker, client, KilledLoad.Numbered(messages), options, data, report, stop.Token);
        }

        int exitCode = await broker.StopAsync();
        report.Judge("SIGTERM", $"the broker stopped with exit code {exitCode}", exitCode == 0 ? [] : [broker.Log]);
    }
    catch (Exception failure) when (failure is not OperationCanceledException)
    {
        report.Judge("demo", "it could not go on", [failure.ToString()]);
    }
    finally
    {
        Console.CancelKeyPress -= onInterrupt;
        if (broker is not null)
        {
            if (report.HasFailed)
            {
                await Console.Error.WriteLineAsync($"\nthe broker's last lines:\n{broker.Log}");
            }

            await broker.DisposeAsync();
        }

        if (options.Data is null)
        {
            Directory.Delete(data, recursive: true);
        }
    }

    Console.WriteLine(report.HasFailed ? "\nFAILED: see above" : "\nAll of it is there, byte for byte.");
    return report.HasFailed ? 1 : 0;
}
