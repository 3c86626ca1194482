using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using GoQueue.Server.Tests.Fixtures;

namespace GoQueue.Server.Tests.Processes;

/// <summary>The real program in a process of its own, as people start it.</summary>
internal sealed class ServerProcessHandle : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> errors = new();

    private ServerProcessHandle(Process process)
    {
        Process = process;
    }

    public Process Process { get; }

    /// <summary>Everything on standard error so far.</summary>
    public string Errors => string.Join('\n', errors);

    public static ServerProcessHandle Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(Server.Hosting.ServerProcess).Assembly.Location);
        Array.ForEach(arguments, start.ArgumentList.Add);
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("GOQUEUE_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        ServerProcessHandle handle = new(Process.Start(start)!);
        handle.Process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                handle.errors.Enqueue(text);
            }
        };
        handle.Process.BeginErrorReadLine();
        return handle;
    }

    public static ServerProcessHandle StartOn(string folder, params string[] more) =>
        Start(["--data", folder, "--http-port", "0", "--grpc-port", "0", "--metrics-port", "0", "--peer-port", "0", .. more]);

    /// <summary>The announcement; fails with what the process said when it ends instead.</summary>
    public async Task<HttpClient> ReadyAsync()
    {
        string? line = await Process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        Assert.True(line is not null, Errors);
        JsonElement ready = JsonSerializer.Deserialize<JsonElement>(line);
        Assert.Equal("ready", ready.GetProperty("event").GetString());
        Assert.Contains(':', ready.GetProperty("peer").GetString()!);
        Assert.Contains(':', ready.GetProperty("grpc").GetString()!);
        Assert.Contains(':', ready.GetProperty("metrics").GetString()!);
        return new HttpClient { BaseAddress = new Uri($"http://{ready.GetProperty("http").GetString()}") };
    }

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", Process.Id.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>The exit code, and what was on standard output after what was read.</summary>
    public async Task<(int ExitCode, string Output)> EndAsync()
    {
        string output = await Process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await Process.WaitForExitAsync().WaitAsync(Patience);
        return (Process.ExitCode, output);
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }

        Process.Dispose();
    }
}
