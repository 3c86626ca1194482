using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using GoQueue.Cli.Tests.Running;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Dev;

/// <summary>How <c>goqueue dev</c> treats its server, with a script in the server's place that says what reaches it.</summary>
[SupportedOSPlatform("linux")]
public sealed class DevCommandTests : IDisposable
{
    private const string Ready = """echo '{"event":"ready","http":"127.0.0.1:18080","grpc":"127.0.0.1:19000","metrics":"127.0.0.1:19090","peer":"127.0.0.1:17000"}'""";

    private const string Forever = "while :; do sleep 0.05; done";

    private readonly TempFolder folder = new();

    [Fact]
    public async Task The_server_gets_its_arguments_and_the_greeting_names_its_addresses()
    {
        CommandOutcome outcome = await RunAsync($"echo \"arguments $*\" >&2; {Ready}; exit 0", "--logs", "--grpc-port", "0", "--", "--log-level", "debug");

        Assert.Equal(0, outcome.Code);
        Assert.Contains("http://127.0.0.1:18080", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("goqueue topic create orders --server 127.0.0.1:19000", outcome.Text, StringComparison.Ordinal);
        Assert.Matches($"arguments --data {folder.Path}/data --bind 127.0.0.1 --http-port 0 --grpc-port 0 --metrics-port 0 --peer-port 0 --log-level debug", outcome.Error);
    }

    [Fact]
    public async Task Verbose_raises_the_level_of_the_servers_log()
    {
        string server = $"echo \"level ${{GOQUEUE_LOG_LEVEL:-usual}}\" >&2; {Ready}; exit 0";

        Assert.Contains("level debug", (await RunAsync(server, "--logs", "--verbose")).Error, StringComparison.Ordinal);
        Assert.Contains("level usual", (await RunAsync(server, "--logs")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_only_the_ready_line_is_printed()
    {
        CommandOutcome outcome = await RunAsync($"{Ready}; exit 0", "-o", "json");

        Assert.StartsWith("{\"event\":\"ready\"", outcome.Text, StringComparison.Ordinal);
        Assert.Single(outcome.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_server_that_does_not_start_is_explained_by_its_own_last_lines_and_exit_code()
    {
        CommandOutcome outcome = await RunAsync("echo 'the data directory is in use' >&2; exit 4");

        Assert.Equal(4, outcome.Code);
        Assert.Contains("the data directory is in use", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("next:", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_signal_is_passed_on_once_and_the_exit_code_is_the_servers()
    {
        using GoQueueProcess dev = Start($"trap 'echo term >&2; exit 7' TERM; trap 'echo int >&2; exit 8' INT; {Ready}; {Forever}", "--logs");
        await ReadyAsync(dev);

        dev.Interrupt();

        CommandOutcome outcome = await dev.EndAsync();
        Assert.Equal(7, outcome.Code);
        Assert.Contains("term", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_will_not_stop_is_killed_by_the_third_signal()
    {
        using GoQueueProcess dev = Start($"trap 'echo stubborn >&2' TERM; {Ready}; {Forever}", "--logs");
        await ReadyAsync(dev);

        for (int i = 0; i < 3; i++)
        {
            dev.Signal("TERM");
            int seen = i + 1;
            await Eventually.TrueAsync(() => seen == 3 || dev.ErrorSoFar.Split("stubborn").Length > seen, "the server saw the signal");
        }

        Assert.Equal(137, (await dev.EndAsync()).Code);
    }

    [Fact]
    public async Task The_data_of_an_ephemeral_server_is_gone_at_the_end()
    {
        CommandOutcome outcome = await GoQueueProcess.WithServer(Script($"echo \"$2\" > {folder.Path}/where; touch \"$2/file\"; {Ready}; exit 0"))
            .RunAsync("dev", "--ephemeral", "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0");

        Assert.Equal(0, outcome.Code);
        string data = (await File.ReadAllTextAsync(Path.Combine(folder.Path, "where"))).Trim();
        Assert.StartsWith(Path.GetTempPath(), data, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_killed_dev_leaves_no_server_behind()
    {
        string pidFile = Path.Combine(folder.Path, "pid");
        using GoQueueProcess dev = Start($"echo $$ > {pidFile}; {Ready}; {Forever}");
        await ReadyAsync(dev);
        int server = int.Parse(await File.ReadAllTextAsync(pidFile));

        dev.Signal("KILL");

        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{server}"), "the server ended with its parent");
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_is_refused_with_the_way_out()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        string port = ((IPEndPoint)other.LocalEndpoint).Port.ToString();

        CommandOutcome outcome = await GoQueueProcess.WithServer(Script(Ready)).RunAsync("dev", "--data", folder.Path, "--http-port", port);

        Assert.Equal(1, outcome.Code);
        Assert.Contains($"port {port} for HTTP is taken", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--http-port 0", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_usual_port_that_is_taken_is_replaced_with_a_note()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        GoQueue.Cli.Dev.PortChoice ports = new(IPAddress.Loopback);

        Assert.Equal(0, ports.Choose("--grpc-port", "gRPC", asked: null, usual: ((IPEndPoint)other.LocalEndpoint).Port));
        Assert.Contains("--grpc-port", Assert.Single(ports.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_program_it_says_where_it_looked()
    {
        CommandOutcome outcome = await GoQueueProcess.WithServer("/no/such/server").RunAsync("dev", "--ephemeral");

        Assert.Equal(1, outcome.Code);
        Assert.Contains("/no/such/server", outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static Task ReadyAsync(GoQueueProcess dev) => Eventually.TrueAsync(() => dev.OutputSoFar.Contains("GoQueue is running", StringComparison.Ordinal), "dev said that it runs");

    private Task<CommandOutcome> RunAsync(string script, params string[] arguments) => Start(script, arguments).EndAsync();

    private GoQueueProcess Start(string script, params string[] arguments)
    {
        // Options of dev come before what is passed on after --.
        string[] free = [.. new[] { "--http-port", "--grpc-port", "--metrics-port" }.Where(option => !arguments.Contains(option)).SelectMany(option => new[] { option, "0" })];
        return GoQueueProcess.WithServer(Script(script)).Start(["dev", "--data", Path.Combine(folder.Path, "data"), .. free, .. arguments]);
    }

    private string Script(string text)
    {
        string path = Path.Combine(folder.Path, "server");
        File.WriteAllText(path, "#!/usr/bin/env bash\n" + text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
