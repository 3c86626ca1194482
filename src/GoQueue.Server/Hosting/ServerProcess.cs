using System.Reflection;
using GoQueue.Server.Configuration;
using GoQueue.Server.DataDirectory;
using GoQueue.Server.Observability;
using Microsoft.AspNetCore.Connections;

namespace GoQueue.Server.Hosting;

/// <summary>
/// The life of the process: read the configuration, claim the data directory, start, announce, wait for a signal, stop. Standard output
/// carries exactly one line, the announcement (or what <c>--help</c> and its like were asked for); everything else goes to standard error.
/// </summary>
internal static class ServerProcess
{
    /// <param name="arguments">Of the command line.</param>
    /// <param name="environment">Variables by name.</param>
    /// <param name="change">Changes what was configured; for hosts of tests (ADR 0015), null everywhere else.</param>
    /// <param name="wrap">Puts something before the opened broker; likewise.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        Func<ServerOptions, ServerOptions>? change = null,
        Func<RunningBroker, RunningBroker>? wrap = null)
    {
        ConfigurationOutcome configuration = ConfigurationLoader.Load(arguments, environment);
        if (configuration.CommandLine.Help || configuration.CommandLine.Version)
        {
            await Console.Out.WriteAsync(configuration.CommandLine.Help ? HelpText.Render() : $"goqueue-server {ProductVersion}\n");
            return ExitCodes.Stopped;
        }

        if (configuration.Options is not { } options)
        {
            await ReportAsync(configuration.Problems);
            return ExitCodes.BadConfiguration;
        }

        if (configuration.CommandLine.PrintConfig)
        {
            await Console.Out.WriteAsync(configuration.Values.ToYaml());
            return ExitCodes.Stopped;
        }

        using ILoggerFactory logging = ServerLogging.Create(options.Logging);
        ILogger log = logging.CreateLogger("GoQueue.Server");
        foreach (string warning in configuration.Warnings)
        {
            Log.ConfigurationWarning(log, warning);
        }

        try
        {
            return await ServeAsync(change is null ? options : change(options), wrap, logging, log);
        }
        catch (StartRefusedException refusal)
        {
            await Console.Error.WriteLineAsync($"goqueue-server: {refusal.Message}");
            return refusal.ExitCode;
        }
        catch (Exception failure)
        {
            Log.Failed(log, failure);
            return ExitCodes.Failed;
        }
    }

    public static string ProductVersion { get; } =
        typeof(ServerProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static async Task<int> ServeAsync(ServerOptions options, Func<RunningBroker, RunningBroker>? wrap, ILoggerFactory logging, ILogger log)
    {
        using StopSignals signals = new(log);

        // Claimed before any listener opens: a second start on the same directory must say that, and not that a port is taken.
        using DataDirectoryClaim claim = DataDirectoryClaim.Take(options, TimeProvider.System);
        BrokerFactory openBroker = BrokerComposition.For(claim, options);
        if (wrap is not null)
        {
            BrokerFactory open = openBroker;
            openBroker = async (services, cancellationToken) => wrap(await open(services, cancellationToken));
        }

        await using ServerHost host = ServerHost.Build(options, openBroker, logging);
        try
        {
            await host.StartAsync(signals.Stopping);
            await Console.Out.WriteLineAsync(host.Addresses.ToReadyLine());
            await Console.Out.FlushAsync();
            Log.Ready(log, options.NodeId.Value, claim.Directory.Path);
            await signals.Stopped;
        }
        catch (OperationCanceledException) when (signals.Stopping.IsCancellationRequested)
        {
            // Told to stop while starting: leave as after a start.
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            throw new StartRefusedException(ExitCodes.Failed, $"{failure.Message} Give another port, or 0 for a free one.", failure);
        }

        Log.Stopping(log);
        await host.StopAsync();
        Log.Stopped(log);
        return ExitCodes.Stopped;
    }

    private static async Task ReportAsync(IReadOnlyList<string> problems)
    {
        await Console.Error.WriteLineAsync($"goqueue-server: the configuration has {problems.Count} {(problems.Count == 1 ? "mistake" : "mistakes")}:");
        foreach (string problem in problems)
        {
            await Console.Error.WriteLineAsync($"  {ServerLogging.OneLine(problem)}");
        }
    }
}
