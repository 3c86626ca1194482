using System.Diagnostics;
using System.Runtime.InteropServices;
using GoQueue.Cli.Failures;

namespace GoQueue.Cli.Dev;

/// <summary>The goqueue-server program that <c>goqueue dev</c> starts: the one beside goqueue, or the one named by <c>GOQUEUE_SERVER_EXE</c>.</summary>
internal sealed record ServerExecutable(string Path)
{
    /// <exception cref="CommandFailure">There is none.</exception>
    public static ServerExecutable Find(string baseDirectory, Func<string, string?> variable)
    {
        if (variable("GOQUEUE_SERVER_EXE") is { Length: > 0 } named)
        {
            return File.Exists(named)
                ? new ServerExecutable(System.IO.Path.GetFullPath(named))
                : throw CommandFailure.Refused($"GOQUEUE_SERVER_EXE names {named}, which does not exist", "correct it, or unset it to use the goqueue-server beside goqueue");
        }

        foreach (string candidate in new[] { "goqueue-server", "goqueue-server.dll" })
        {
            string path = System.IO.Path.Combine(baseDirectory, candidate);
            if (File.Exists(path))
            {
                return new ServerExecutable(path);
            }
        }

        throw CommandFailure.Refused(
            $"goqueue-server is not beside goqueue in {baseDirectory}",
            "build both with `make build` and run bin/goqueue, or name the server in GOQUEUE_SERVER_EXE");
    }

    /// <summary>
    /// How to start it: through <see cref="ServerLauncher"/>, which puts it into a process group of its own. Ctrl-C at a terminal then reaches
    /// goqueue alone, which passes it on once; the server takes a second signal for impatience.
    /// </summary>
    public ProcessStartInfo Start(IEnumerable<string> arguments)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path");
        ProcessStartInfo start = new(self) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (System.IO.Path.GetFileNameWithoutExtension(self) is "dotnet")
        {
            start.ArgumentList.Add(typeof(ServerExecutable).Assembly.Location);
        }

        bool isLibrary = Path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        string[] command = isLibrary ? [DotnetHost(), Path] : [Path];
        foreach (string argument in (string[])[ServerLauncher.CommandName, "--", .. command, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        // The server's own launcher must find the runtime that already runs us, wherever that is installed.
        start.Environment.TryAdd("DOTNET_ROOT", RuntimeRoot());
        start.Environment.Remove("GOQUEUE_CLI_CONFIG");
        start.Environment.Remove("GOQUEUE_SERVER");
        start.Environment.Remove("GOQUEUE_SERVER_EXE");
        return start;
    }

    private static string DotnetHost() => System.IO.Path.Combine(RuntimeRoot(), "dotnet");

    // .../shared/Microsoft.NETCore.App/10.0.x/ -> ...
    private static string RuntimeRoot() => System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
}
