using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Clients;

/// <summary>
/// A client in a process of its own, as the harness has it: it can be killed in the middle of an operation, stopped, and started anew. What was open when it was killed ends
/// as info: nobody knows. The next one is another process with numbers of its own, and reads on where its predecessor ended.
/// </summary>
/// <param name="program">What starts <c>goqueue-chaos</c>; the arguments follow.</param>
/// <param name="run">Name of the run.</param>
/// <param name="orderOf">What each process is told: its name and where its reader begins.</param>
internal sealed class ClientHost(string name, IReadOnlyList<string> program, string run, IHistoryRecorder recorder, Func<string, IReadOnlyDictionary<int, long>, ClientOrder> orderOf) : IAsyncDisposable
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(45);

    private readonly ConcurrentDictionary<int, HistoryEvent> open = [];
    private readonly ConcurrentDictionary<int, long> positions = [];
    private Process? process;
    private Task pumping = Task.CompletedTask;
    private TaskCompletionSource? nextSend;
    private bool mayEnd;
    private int starts;

    public string Name => name;

    /// <summary>Of the process that runs or ran last.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Events of all its processes so far.</summary>
    public long Events { get; private set; }

    /// <summary>Messages that were sent and not answered yet.</summary>
    public int OpenSends => open.Values.Count(static asked => asked.Operation == Operation.Send);

    /// <summary>Operations that were open when a process was killed.</summary>
    public int LeftOpen { get; private set; }

    /// <summary>It ended without anybody having killed it; null when it did not.</summary>
    public string? Mishap { get; private set; }

    /// <summary>What starts this program again.</summary>
    public static IReadOnlyList<string> OwnProgram()
    {
        string own = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(own) == "dotnet" ? [own, typeof(ClientHost).Assembly.Location] : [own];
    }

    /// <summary>Starts a process; the one before must have ended.</summary>
    public void Start()
    {
        starts++;
        mayEnd = false;
        ProcessStartInfo start = new(program[0], [.. program.Skip(1), "client", ClientLines.RunArgument, run])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        process?.Dispose();
        process = Process.Start(start) ?? throw new HarnessException($"client {name} did not start");
        ProcessId = process.Id;
        Orphans.Add(process.Id);
        ClientOrder order = orderOf($"{name}.{starts.ToString(CultureInfo.InvariantCulture)}", positions.ToDictionary());
        Tell(JsonSerializer.Serialize(order, JsonSerializerOptions.Web));
        Process begun = process;
        pumping = Task.Run(() => PumpAsync(begun));
    }

    /// <summary>Messages that are sent and not answered yet, at once when there are some, else when the next one goes; 0 when none goes in time.</summary>
    public async Task<int> SomeSendsAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref nextSend, next); // before the look: a send that comes after it is told
            if (OpenSends is > 0 and var sends)
            {
                return sends;
            }

            TimeSpan left = patience - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return 0;
            }

            await next.Task.WaitAsync(left, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>SIGKILL. Returns when it is gone and everything it had said is in the history.</summary>
    public async Task KillAsync()
    {
        mayEnd = true;
        Signals.Send(ProcessId, Signals.Kill);
        await pumping.WaitAsync(EndPatience);
    }

    public void Pause() => Signals.Send(ProcessId, Signals.Stop);

    public void Resume() => Signals.Send(ProcessId, Signals.Continue);

    /// <summary>It begins nothing any more; returns when its last operation was answered or given up, and it has ended.</summary>
    /// <exception cref="HarnessException">It did not end, or had ended by itself.</exception>
    public async Task StopAsync()
    {
        mayEnd = true;
        Tell(ClientLines.Stop);
        try
        {
            await pumping.WaitAsync(EndPatience);
        }
        catch (TimeoutException)
        {
            throw new HarnessException($"client {name} does not end");
        }

        if (Mishap is not null)
        {
            throw new HarnessException(Mishap);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            mayEnd = true;
            process.Kill();
        }

        await pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        process?.Dispose();
        process = null;
    }

    /// <summary>Takes what the process says until it ends.</summary>
    private async Task PumpAsync(Process begun)
    {
        while (await begun.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == ClientLines.NewProcess)
            {
                Tell(recorder.NewProcess().ToString(CultureInfo.InvariantCulture));
            }
            else if (TryParse(line) is { } said)
            {
                Take(said);
                Tell(ClientLines.Written);
            }
        }

        await begun.WaitForExitAsync();
        Orphans.Remove(begun.Id);
        if (!mayEnd)
        {
            Mishap = $"client {name} (process {begun.Id}) ended by itself with code {begun.ExitCode}";
        }

        foreach (HistoryEvent asked in open.Values.OrderBy(static asked => asked.Process))
        {
            LeftOpen++;
            recorder.Info(asked.Process, asked.Operation, asked.Value, "CLIENT_GONE");
        }

        open.Clear();
    }

    /// <summary>Null for a line that was torn by the end of its writer: what it wanted to say did not happen, or is not known.</summary>
    private static HistoryEvent? TryParse(string line)
    {
        try
        {
            return HistoryFormat.Parse(System.Text.Encoding.UTF8.GetBytes(line));
        }
        catch (Exception torn) when (torn is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private void Take(HistoryEvent said)
    {
        recorder.Record(said.Process, said.Type, said.Operation, said.Value, said.Error, said.Node, said.Extra);
        Events++;
        if (said.Type == EventType.Invoke)
        {
            open[said.Process] = said;
            if (said.Operation == Operation.Send)
            {
                Interlocked.Exchange(ref nextSend, null)?.TrySetResult();
            }

            return;
        }

        open.TryRemove(said.Process, out _);
        if (said is { Type: EventType.Ok, Value: PollValue poll })
        {
            foreach (PolledPartition polled in poll.Partitions.Where(static polled => polled.Next is not null))
            {
                positions[polled.Partition] = polled.Next!.Value;
            }
        }
    }

    private void Tell(string line)
    {
        try
        {
            lock (open)
            {
                process!.StandardInput.WriteLine(line);
                process.StandardInput.Flush();
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended; its last words are still read.
        }
    }
}
