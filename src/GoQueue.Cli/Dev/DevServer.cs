using System.Diagnostics;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Dev;

/// <summary>A goqueue-server process that runs beside this one: its ready line, its last log lines, its end.</summary>
internal sealed class DevServer : IDisposable
{
    // Enough to show why a start failed.
    private const int KeptLines = 40;

    private readonly Process process;
    private readonly Queue<string> lastLines = new();
    private readonly TaskCompletionSource<ReadyLine> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Set by the reader of the output, read by whoever ends the server.
    private volatile bool isLaunched;
    private volatile bool isCalledOff;

    private DevServer(Process process)
    {
        this.process = process;
    }

    /// <summary>Completes with the ready line; never when the server ends before.</summary>
    public Task<ReadyLine> Ready => ready.Task;

    /// <summary>Completes with the exit code, after all output was read.</summary>
    public Task<int> Ended { get; private set; } = Task.FromResult(0);

    public int ProcessId => process.Id;

    /// <summary>The last lines the server wrote.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (lastLines)
            {
                return [.. lastLines];
            }
        }
    }

    /// <param name="start">How to start it.</param>
    /// <param name="log">Gets every line but the ready line; null drops them.</param>
    public static async Task<DevServer> StartAsync(ProcessStartInfo start, Action<string>? log)
    {
        TaskCompletionSource<Process> started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // The kernel ends the server when the thread that started it ends (see ServerLauncher), so that thread stays until the server has ended.
        Thread starter = new(() => StartAndWait(start, started)) { IsBackground = true, Name = "server" };
        starter.Start();
        DevServer server = new(await started.Task);
        server.process.StandardInput.Close();
        Task output = server.ReadAsync(server.process.StandardOutput, log);
        Task errors = server.ReadAsync(server.process.StandardError, log);
        server.Ended = server.WaitAsync(output, errors);
        return server;
    }

    /// <summary>Asks the server to drain and end; one that is not there yet is not started at all (see <see cref="ServerLauncher"/>).</summary>
    public void Terminate()
    {
        if (!isLaunched)
        {
            isCalledOff = true;
            Kill();
        }
        else if (!process.HasExited)
        {
            _ = NativeMethods.Kill(process.Id, NativeMethods.SigTerm);
        }
    }

    /// <summary>Ends the server at once; what was acknowledged is on the disk anyway.</summary>
    public void Kill()
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose() => process.Dispose();

    private static void StartAndWait(ProcessStartInfo start, TaskCompletionSource<Process> started)
    {
        try
        {
            Process process = Process.Start(start) ?? throw new IOException($"cannot start {start.FileName}");
            started.SetResult(process);
            process.WaitForExit();
        }
        catch (Exception e)
        {
            // Completed already when only the waiting failed: the process object was disposed at the end.
            started.TrySetException(e);
        }
    }

    private async Task<int> WaitAsync(Task output, Task errors)
    {
        await process.WaitForExitAsync();
        await output;
        await errors;
        return isCalledOff ? (int)ExitCode.Interrupted : process.ExitCode;
    }

    private async Task ReadAsync(StreamReader lines, Action<string>? log)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            if (!isLaunched && line == ServerLauncher.LaunchedLine)
            {
                isLaunched = true;
                continue;
            }

            if (!ready.Task.IsCompleted && ReadyLine.TryParse(line) is { } found)
            {
                ready.TrySetResult(found);
                continue;
            }

            lock (lastLines)
            {
                lastLines.Enqueue(line);
                if (lastLines.Count > KeptLines)
                {
                    lastLines.Dequeue();
                }
            }

            log?.Invoke(line);
        }
    }
}
