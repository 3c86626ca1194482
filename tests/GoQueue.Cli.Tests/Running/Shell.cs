using System.Diagnostics;
using System.Text;

namespace GoQueue.Cli.Tests.Running;

/// <summary>Runs a line in bash with the built goqueue on its path.</summary>
internal static class Shell
{
    public static async Task<CommandOutcome> RunAsync(string line)
    {
        ProcessStartInfo start = new("bash", ["--norc", "-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PATH"] = AppContext.BaseDirectory + ":" + Environment.GetEnvironmentVariable("PATH");
        start.Environment["GOQUEUE_CLI_CONFIG"] = Path.Combine(AppContext.BaseDirectory, "no-such-config.yaml");
        start.Environment.TryAdd("DOTNET_ROOT", Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
        using Process bash = Process.Start(start)!;
        Task<string> errors = bash.StandardError.ReadToEndAsync();
        string output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return new CommandOutcome(bash.ExitCode, Encoding.UTF8.GetBytes(output), await errors);
    }
}
