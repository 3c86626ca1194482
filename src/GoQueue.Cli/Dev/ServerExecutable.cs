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

        string extension = OperatingSystem.IsWindows() ? ".exe" : string.Empty;
        foreach (string candidate in new[] { "goqueue-server" + extension, "goqueue-server.dll" })
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

    public ProcessStartInfo Start(IEnumerable<string> arguments)
    {
        bool isLibrary = Path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        ProcessStartInfo start = new(isLibrary ? DotnetHost() : Path) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (isLibrary)
        {
            start.ArgumentList.Add(Path);
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // The server's own launcher must find the runtime that already runs us, wherever that is installed.
        start.Environment.TryAdd("DOTNET_ROOT", RuntimeRoot());
        return start;
    }

    private static string DotnetHost()
    {
        string host = System.IO.Path.Combine(RuntimeRoot(), OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(host) ? host : "dotnet";
    }

    // .../shared/Microsoft.NETCore.App/10.0.x/ -> ...
    private static string RuntimeRoot() => System.IO.Path.GetFullPath(System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
}
