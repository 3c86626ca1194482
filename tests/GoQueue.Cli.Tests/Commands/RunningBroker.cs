using System.Text.Json;
using GoQueue.Cli.Tests.Running;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Commands;

/// <summary>A real broker, started by the real <c>goqueue dev</c> on free ports, shared by the tests of the commands. Each test has topics of its own.</summary>
public sealed class RunningBroker : IAsyncLifetime
{
    private GoQueueProcess? dev;
    private int topics;

    public string Grpc { get; private set; } = string.Empty;

    public string Http { get; private set; } = string.Empty;

    public string NewTopicName() => $"topic-{Interlocked.Increment(ref topics)}";

    public async Task InitializeAsync()
    {
        dev = GoQueueProcess.Start("dev", "--ephemeral", "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0", "-o", "json");
        await Eventually.TrueAsync(() => dev.OutputSoFar.Contains('\n', StringComparison.Ordinal) || dev.ErrorSoFar.Contains("next:", StringComparison.Ordinal), "the broker is ready");
        Assert.True(dev.OutputSoFar.Length > 0, dev.ErrorSoFar);
        JsonElement ready = JsonDocument.Parse(dev.OutputSoFar).RootElement;
        Grpc = ready.GetProperty("grpc").GetString()!;
        Http = ready.GetProperty("http").GetString()!;
    }

    /// <summary>Also a test: the broker of a dev that is asked to stop ends in good order.</summary>
    public async Task DisposeAsync()
    {
        dev!.Signal("TERM");
        CommandOutcome outcome = await dev.EndAsync();
        dev.Dispose();

        // A slow machine may also be told that the server is still starting.
        Assert.True(outcome.Code == 0 && outcome.Error.EndsWith("stopped; the data is deleted\n", StringComparison.Ordinal), $"exit code {outcome.Code}: {outcome.Error}");
    }

    internal Task<CommandOutcome> RunAsync(params string[] arguments) => GoQueueProcess.RunAsync(["--server", Grpc, .. arguments]);

    internal Task<CommandOutcome> RunWithInputAsync(byte[] input, params string[] arguments) => GoQueueProcess.RunWithInputAsync(input, ["--server", Grpc, .. arguments]);

    internal GoQueueProcess Start(params string[] arguments) => GoQueueProcess.Start(["--server", Grpc, .. arguments]);

    /// <summary>A new topic; its name.</summary>
    internal async Task<string> CreateTopicAsync(params string[] arguments)
    {
        string name = NewTopicName();
        CommandOutcome outcome = await RunAsync(["topic", "create", name, .. arguments]);
        Assert.Equal((0, string.Empty), (outcome.Code, outcome.Code == 0 ? string.Empty : outcome.Error));
        return name;
    }
}

[CollectionDefinition(Name)]
public sealed class BrokerTests : ICollectionFixture<RunningBroker>
{
    public const string Name = "with a broker";
}
