using System.Runtime.InteropServices;
using GoQueue.ClusterTest;
using GoQueue.ClusterTest.Figures;
using GoQueue.ClusterTest.Scenarios;
using GoQueue.ClusterTest.Verification;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

try
{
    return await RunAsync(TestOptions.Parse(args));
}
catch (HarnessException failure)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 2;
}
finally
{
    Orphans.KillAll();
}

static async Task<int> RunAsync(TestOptions options)
{
    if (options.Command == "list")
    {
        AllScenarios.List();
        return 0;
    }

    if (SelfCheck.Mistakes() is { Count: > 0 } mistakes)
    {
        throw new HarnessException("the verdict is worth nothing:\n" + string.Join('\n', mistakes));
    }

    using CancellationTokenSource stop = new();
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    string folder = options.Data ?? Directory.CreateTempSubdirectory("goqueue-cluster-").FullName;
    try
    {
        return options.Command switch
        {
            "failover" => await Failover.RunAsync(options, folder, stop.Token),
            "figures" => await AllFigures.RunAsync(options, folder, stop.Token),
            _ => await AllScenarios.RunAsync(options, folder, stop.Token),
        };
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        return 130;
    }
    finally
    {
        Orphans.KillAll();
        if (options.Data is null && !options.Keep)
        {
            Directory.Delete(folder, recursive: true);
        }
        else
        {
            Console.WriteLine($"folders of the clusters: {folder}");
        }
    }

    void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
