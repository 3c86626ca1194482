using GoQueue.Server.Configuration;
using GoQueue.Server.DataDirectory;
using GoQueue.Server.Hosting;
using GoQueue.Server.Rest;
using GoQueue.Server.Rest.Reading;
using GoQueue.Storage.Directories;
using GoQueue.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GoQueue.Server.Tests.Fixtures;

/// <summary>
/// A whole node in this process, on free ports and a folder of its own: the real listeners, the real endpoints and the real broker. What a
/// test wants broken it breaks by wrapping the broker.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly TempFolder? ownFolder;
    private readonly DataDirectoryClaim claim;
    private readonly FailureLog log;

    private TestNode(TempFolder? ownFolder, DataDirectoryClaim claim, ServerHost host, FailureLog log)
    {
        this.ownFolder = ownFolder;
        this.claim = claim;
        this.log = log;
        Host = host;
        Http = new HttpClient { BaseAddress = new Uri($"http://{host.Addresses.Http}") };
    }

    public ServerHost Host { get; }

    public HttpClient Http { get; }

    /// <summary>Set by a test that breaks something on purpose: the node is then expected to log it.</summary>
    public bool ExpectsFailures { get; set; }

    public LongPolls Polls => Host.Services.GetRequiredService<LongPolls>();

    public BodyMemory BodyMemory => Host.Services.GetRequiredService<BodyMemory>();

    /// <param name="settings">Options as after <c>--set</c>, for example <c>http.max-body-bytes=64KiB</c>.</param>
    /// <param name="wrap">Stands between the endpoints and the real broker.</param>
    /// <param name="folder">A folder that outlives the node; its own when null.</param>
    /// <param name="directory">Stands in for the folder: a virtual disk, to break it.</param>
    public static async Task<TestNode> StartAsync(IReadOnlyList<string>? settings = null, Func<RunningBroker, RunningBroker>? wrap = null, string? folder = null, ILogDirectory? directory = null)
    {
        TempFolder? own = folder is null ? new TempFolder() : null;
        ServerOptions options = Options(folder ?? own!.Path, settings ?? []);
        DataDirectoryClaim claim = directory is null
            ? DataDirectoryClaim.Take(options, TimeProvider.System)
            : DataDirectoryClaim.Take(directory, options.NodeId, GoQueue.Core.UnixMillis.From(TimeProvider.System));
        BrokerFactory open = BrokerComposition.For(claim, options);
        FailureLog log = new();
        ServerHost host = ServerHost.Build(
            options,
            async (services, token) => wrap is null ? await open(services, token) : wrap(await open(services, token)),
            LoggerFactory.Create(logging => logging.AddProvider(log)));
        await host.StartAsync(default);
        return new TestNode(own, claim, host, log);
    }

    public static ServerOptions Options(string folder, IReadOnlyList<string> settings)
    {
        string[] arguments =
        [
            "--data", folder, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0", "--peer-port", "0",
            .. settings.SelectMany(setting => new[] { "--set", setting }),
        ];
        ConfigurationOutcome outcome = ConfigurationLoader.Load(arguments, new Dictionary<string, string>(StringComparer.Ordinal));
        return outcome.Options ?? throw new InvalidOperationException(string.Join("; ", outcome.Problems));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.StopAsync();
        await Host.DisposeAsync();
        claim.Dispose();
        ownFolder?.Dispose();
        Assert.True(log.Failures.Count == 0 || ExpectsFailures, string.Join("\n", log.Failures));
    }
}
