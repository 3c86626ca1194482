using System.Diagnostics;

namespace GoQueue.Harness.Clusters;

/// <summary>One node: a place, ports and a data folder that stay, and the <c>goqueue-server</c> processes that come and go on them.</summary>
/// <param name="bin">Folder of <c>goqueue-server</c>, or the program to run in its place.</param>
internal sealed class Node(string id, NodePorts ports, string bin, string data, string logFile) : IAsyncDisposable
{
    private const string ProcessLine = "---- process ";
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(120); // three of them, a preloaded clock and other trials may share two cores
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(90);

    private readonly Lock gate = new();
    private Process? process;
    private TaskCompletionSource<TimeSpan> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long launched;

    public string Id => id;

    public NodePorts Ports => ports;

    public string Data => data;

    /// <summary>As the other nodes are told: <c>n1=127.0.0.1:7000</c>.</summary>
    public string Peer => $"{id}={ports.Host}:{ports.Peer}";

    /// <summary>The arguments beyond those of the place; given by the cluster, changed by scenarios before a start.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>The program that starts the server in some place, for example in a network of its own; the server's path and arguments follow. It must become the server.</summary>
    public IReadOnlyList<string> Through { get; init; } = [];

    /// <summary>Further variables of the process.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; set; } = new Dictionary<string, string>();

    /// <summary>Somebody else started it, and stops it: it counts as running, and no signal reaches it from here.</summary>
    public bool IsRemote { get; init; }

    public bool IsRunning => IsRemote || process is { HasExited: false };

    /// <summary>Of the process that runs or ran last; 0 when there was none.</summary>
    public int ProcessId { get; private set; }

    public string LogFile => logFile;

    /// <summary>Paused by SIGSTOP.</summary>
    public bool IsPaused { get; private set; }

    public bool Serves => IsRemote || (IsRunning && !IsPaused && ready.Task.IsCompletedSuccessfully);

    /// <summary>Starts the process and waits until it says that it is ready; answers how long that took.</summary>
    public async Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        Launch();
        return await ReadyAsync(cancellationToken);
    }

    /// <summary>Starts the process and does not wait: nodes of a new cluster become ready together.</summary>
    public void Launch()
    {
        if (IsRunning)
        {
            throw new HarnessException($"{id} runs already");
        }

        Process? before = process; // given back when there is another: somebody may be looking whether it runs
        ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        string[] place =
        [
            "--node-id", id, "--data", data, "--bind", ports.Host, "--http-port", $"{ports.Http}", "--grpc-port", $"{ports.Grpc}",
            "--metrics-port", $"{ports.Metrics}", "--peer-port", $"{ports.Peer}",
        ];
        string[] isPublic = System.Net.IPAddress.TryParse(ports.Host, out System.Net.IPAddress? address) && System.Net.IPAddress.IsLoopback(address) ? [] : ["--insecure-public"];
        string[] command = [.. Through, File.Exists(bin) ? bin : Path.Combine(bin, "goqueue-server"), .. place, .. isPublic, .. Arguments];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Variables of this name configure a broker; ours are configured by their arguments alone.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("GOQUEUE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in Variables)
        {
            start.Environment[name] = value;
        }

        launched = Stopwatch.GetTimestamp();
        Process begun = Process.Start(start) ?? throw new HarnessException("goqueue-server did not start");
        TaskCompletionSource<TimeSpan> itsReady = ready;
        Write($"{ProcessLine}{begun.Id} of {id}: {string.Join(' ', start.ArgumentList)}");
        begun.EnableRaisingEvents = true;
        begun.Exited += (_, _) => itsReady.TrySetException(new HarnessException($"{id} ended before it was ready"));
        begun.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("\"event\":\"ready\"", StringComparison.Ordinal) == true)
            {
                itsReady.TrySetResult(Stopwatch.GetElapsedTime(launched));
            }

            Write(line.Data);
        };
        begun.ErrorDataReceived += (_, line) => Write(line.Data);
        process = begun;
        before?.Dispose();
        ProcessId = begun.Id;
        Orphans.Add(begun.Id);
        begun.BeginOutputReadLine();
        begun.BeginErrorReadLine();
    }

    /// <summary>How long the start took until the process said that it is ready.</summary>
    public Task<TimeSpan> ReadyAsync(CancellationToken cancellationToken) => ReadyAsync(ReadyPatience, cancellationToken);

    /// <summary>The same with a bound of one's own.</summary>
    public async Task<TimeSpan> ReadyAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await ready.Task.WaitAsync(patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new HarnessException($"{id} did not become ready in {patience.TotalSeconds:0} s");
        }
    }

    /// <summary>Whether it became ready within <paramref name="patience"/>; a process that ends instead answers false.</summary>
    public async Task<bool> BecomesReadyAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await ready.Task.WaitAsync(patience, cancellationToken);
            return true;
        }
        catch (Exception failure) when (failure is TimeoutException or HarnessException)
        {
            return false;
        }
    }

    /// <summary>SIGKILL: no flush, no goodbye. Returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        KillNow();
        await GoneAsync();
    }

    /// <summary>SIGKILL without waiting, for several at the same moment.</summary>
    public void KillNow() => Signal(Signals.Kill);

    /// <summary>SIGSTOP: the process is there and does nothing, its connections stay open.</summary>
    public void Pause()
    {
        Signal(Signals.Stop);
        IsPaused = true;
    }

    /// <summary>SIGCONT.</summary>
    public void Resume()
    {
        IsPaused = false;
        Signal(Signals.Continue);
    }

    /// <summary>SIGTERM; answers the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Signal(Signals.Terminate);
        await GoneAsync();
        return process!.ExitCode;
    }

    /// <summary>Returns when the process is no more.</summary>
    public async Task GoneAsync()
    {
        try
        {
            await process!.WaitForExitAsync().WaitAsync(EndPatience);
        }
        catch (TimeoutException)
        {
            throw new HarnessException($"process {process!.Id} of {id} does not end");
        }

        Orphans.Remove(process.Id);
        IsPaused = false;
    }

    public IReadOnlyList<string> LogTail(int lines)
    {
        lock (gate)
        {
            return File.Exists(logFile) ? [.. File.ReadLines(logFile).TakeLast(lines)] : [];
        }
    }

    /// <summary>Whether any line of its log so far holds <paramref name="text"/>.</summary>
    public bool Logged(string text) => CountLogged(text) > 0;

    /// <summary>How many lines of its log so far, over all its lives, hold <paramref name="text"/>.</summary>
    public int CountLogged(string text)
    {
        lock (gate)
        {
            return File.Exists(logFile) ? File.ReadLines(logFile).Count(line => line.Contains(text, StringComparison.OrdinalIgnoreCase)) : 0;
        }
    }

    /// <summary>Whether its newest process has written a line that holds <paramref name="text"/>.</summary>
    public bool LoggedInThisLife(string text)
    {
        bool isLogged = false;
        lock (gate)
        {
            foreach (string line in File.Exists(logFile) ? File.ReadLines(logFile) : [])
            {
                isLogged = !line.StartsWith(ProcessLine, StringComparison.Ordinal) && (isLogged || line.Contains(text, StringComparison.OrdinalIgnoreCase));
            }
        }

        return isLogged;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning && !IsRemote)
        {
            await KillAsync();
        }

        process?.Dispose();
        process = null;
    }

    private void Signal(int signal)
    {
        if (IsRunning && !IsRemote)
        {
            Signals.Send(process!.Id, signal);
        }
    }

    private void Write(string? line)
    {
        if (line is not null)
        {
            lock (gate)
            {
                File.AppendAllText(logFile, line + "\n");
            }
        }
    }
}
