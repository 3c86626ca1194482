using System.Runtime.Versioning;
using System.Text.Json;
using GoQueue.Cli.Tests.Running;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Dev;

/// <summary>How <c>goqueue dev --nodes</c> treats its servers, with a script in the servers' place.</summary>
[SupportedOSPlatform("linux")]
public sealed class DevClusterTests : IDisposable
{
    // $2 is the node id, as it is the first argument that dev gives.
    private const string Ready = """echo "{\"event\":\"ready\",\"http\":\"127.0.0.1:18080\",\"grpc\":\"127.0.0.1:19000\",\"metrics\":\"127.0.0.1:19090\",\"peer\":\"127.0.0.1:17000\"}";""";

    private const string Forever = "while :; do sleep 0.05; done";

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Every_node_gets_its_name_its_folder_and_the_peers()
    {
        using GoQueueProcess dev = Start($"echo \"arguments $*\" >&2; trap 'exit 0' TERM; {Ready} {Forever}", "--logs");
        await RunningAsync(dev);
        dev.Interrupt();
        CommandOutcome outcome = await dev.EndAsync();

        Assert.Equal(0, outcome.Code);
        for (int i = 1; i <= 3; i++)
        {
            Assert.Matches(
                $"n{i} arguments --node-id n{i} --peers n1=127\\.0\\.0\\.1:\\d+,n2=127\\.0\\.0\\.1:\\d+,n3=127\\.0\\.0\\.1:\\d+ --data {folder.Path}/data/n{i} .* --peer-port [1-9]\\d*",
                outcome.Error);
        }

        Assert.Contains("goqueue cluster info --server 127.0.0.1:19000", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("--replication-factor 3", outcome.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_one_line_names_every_node()
    {
        using GoQueueProcess dev = Start($"trap 'exit 0' TERM; {Ready} {Forever}", "-o", "json");
        await Eventually.TrueAsync(() => dev.OutputSoFar.Contains('\n', StringComparison.Ordinal), "dev said that it runs");
        dev.Interrupt();
        CommandOutcome outcome = await dev.EndAsync();

        JsonElement nodes = JsonDocument.Parse(outcome.Text).RootElement.GetProperty("nodes");
        Assert.Equal(["n1", "n2", "n3"], nodes.EnumerateArray().Select(node => node.GetProperty("node").GetString()!));
        Assert.Equal("127.0.0.1:19000", nodes[0].GetProperty("grpc").GetString());
    }

    [Fact]
    public async Task One_signal_stops_them_one_after_the_other_the_last_first()
    {
        string order = Path.Combine(folder.Path, "order");
        using GoQueueProcess dev = Start($"trap 'echo stop $2 >> {order}; sleep 0.1; echo end $2 >> {order}; exit 0' TERM; {Ready} {Forever}");
        await RunningAsync(dev);
        dev.Interrupt();

        Assert.Equal(0, (await dev.EndAsync()).Code);
        Assert.Equal(["stop n3", "end n3", "stop n2", "end n2", "stop n1", "end n1"], await File.ReadAllLinesAsync(order));
    }

    [Fact]
    public async Task When_one_ends_by_itself_all_do_and_it_is_explained()
    {
        string go = Path.Combine(folder.Path, "go");
        using GoQueueProcess dev = Start($"trap 'exit 0' TERM; {Ready} while :; do if [ $2 = n2 ] && [ -e {go} ]; then echo 'the disk is gone' >&2; exit 9; fi; sleep 0.05; done");
        await RunningAsync(dev);
        await File.WriteAllTextAsync(go, string.Empty);

        CommandOutcome outcome = await dev.EndAsync();
        Assert.Equal(9, outcome.Code);
        Assert.Contains("node n2 is gone", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("the disk is gone", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_does_not_start_stops_the_others()
    {
        using GoQueueProcess dev = Start($"if [ $2 = n3 ]; then echo 'no such cluster' >&2; exit 2; fi; trap 'exit 0' TERM; {Ready} {Forever}");
        CommandOutcome outcome = await dev.EndAsync();
        Assert.Equal(2, outcome.Code);
        Assert.Contains("no such cluster", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_third_signal_ends_servers_that_will_not_stop()
    {
        using GoQueueProcess dev = Start($"trap 'echo stubborn >&2' TERM; {Ready} {Forever}", "--logs");
        await RunningAsync(dev);
        dev.Signal("TERM");
        await Eventually.TrueAsync(() => Count(dev) >= 1, "the last one saw the first signal");
        dev.Signal("TERM");
        await Eventually.TrueAsync(() => Count(dev) >= 4, "all saw the second");
        dev.Signal("TERM");
        Assert.Equal(137, (await dev.EndAsync()).Code);
    }

    public void Dispose() => folder.Dispose();

    private static int Count(GoQueueProcess dev) => dev.ErrorSoFar.Split("stubborn").Length - 1;

    private static Task RunningAsync(GoQueueProcess dev) => Eventually.TrueAsync(() => dev.OutputSoFar.Contains("A cluster of 3 is running", StringComparison.Ordinal), "dev said that it runs");

    private GoQueueProcess Start(string script, params string[] arguments)
    {
        string path = Path.Combine(folder.Path, "server");
        File.WriteAllText(path, "#!/usr/bin/env bash\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return GoQueueProcess.WithServer(path).Start(
            ["dev", "--nodes", "3", "--data", Path.Combine(folder.Path, "data"), "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0", .. arguments]);
    }
}
