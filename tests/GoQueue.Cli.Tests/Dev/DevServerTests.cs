using System.Diagnostics;
using System.Runtime.Versioning;
using GoQueue.Cli.Dev;
using GoQueue.Cli.Failures;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Dev;

/// <summary>A server that is asked to end while the step before it still runs, with a script in the place of both.</summary>
[SupportedOSPlatform("linux")]
public sealed class DevServerTests
{
    private const string Forever = "while :; do sleep 0.05; done";

    [Fact]
    public async Task A_server_that_is_not_there_yet_does_not_outlive_the_wish_to_end_it()
    {
        // Like the launcher's runtime it takes the signal and goes on.
        using DevServer server = await StartAsync($"trap 'true' TERM; echo before; {Forever}");
        await Eventually.TrueAsync(() => server.LastLines.Contains("before"), "it runs");
        server.Terminate();

        Assert.Equal((int)ExitCode.Interrupted, await server.Ended);
    }

    [Fact]
    public async Task One_that_is_there_ends_in_its_own_time()
    {
        using DevServer server = await StartAsync($"trap 'echo draining; exit 7' TERM; echo '{ServerLauncher.LaunchedLine}'; echo there; {Forever}");
        await Eventually.TrueAsync(() => server.LastLines.Contains("there"), "it runs");
        server.Terminate();

        Assert.Equal(7, await server.Ended);
        Assert.Equal(["there", "draining"], server.LastLines);
    }

    private static Task<DevServer> StartAsync(string script)
    {
        ProcessStartInfo start = new("bash", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        return DevServer.StartAsync(start, log: null);
    }
}
