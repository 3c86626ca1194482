using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace GoQueue.Demo.Processes;

/// <summary>A <c>goqueue-server</c> of its own as a child process. Ended by signal, by its own id.</summary>
internal sealed partial class BrokerProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private const int Sigkill = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly StringBuilder log;

    private BrokerProcess(Process process, StringBuilder log, BrokerPorts ports, TimeSpan startTime)
    {
        this.process = process;
        this.log = log;
        Id = process.Id;
        Ports = ports;
        StartTime = startTime;
    }

    public BrokerPorts Ports { get; }

    /// <summary>From exec to the ready line.</summary>
    public TimeSpan StartTime { get; }

    public int Id { get; }

    /// <summary>What the broker wrote to standard error, for reports of failures.</summary>
    public string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    /// <summary>Starts a broker and waits until it says that it is ready.</summary>
    /// <param name="ports">Ports to listen on: <see cref="BrokerPorts.Free"/>, or those of a broker that was there before.</param>
    public static async Task<BrokerProcess> StartAsync(string bin, string data, BrokerPorts ports, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        string[] arguments =
        [
            "--data", data, "--bind", "127.0.0.1",
            "--http-port", $"{ports.Http}", "--grpc-port", $"{ports.Grpc}", "--metrics-port", $"{ports.Metrics}", "--peer-port", "0",
        ];
        ProcessStartInfo start = new(Path.Combine(bin, "goqueue-server"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Variables of this name configure a broker; ours is configured by its arguments alone.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("GOQUEUE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        Process process = Process.Start(start) ?? throw new DemoException("goqueue-server did not start");
        StringBuilder log = new();
        TaskCompletionSource<BrokerPorts> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ready.TrySetException(new DemoException("goqueue-server ended before it was ready"));
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            BrokerPorts actual = await ready.Task.WaitAsync(Patience, cancellationToken);
            return new BrokerProcess(process, log, actual, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception failure) when (failure is DemoException or TimeoutException)
        {
            Signal(process, Sigkill);
            await process.WaitForExitAsync(cancellationToken);
            process.Dispose();
            throw new DemoException($"the broker did not become ready: {failure.Message}\n{log}");
        }

        void Read(string? line)
        {
            if (line?.Contains("\"event\":\"ready\"", StringComparison.Ordinal) == true)
            {
                ready.TrySetResult(BrokerPorts.Parse(line));
            }
            else
            {
                Keep(line);
            }
        }

        void Keep(string? line)
        {
            lock (log)
            {
                log.AppendLine(line);
                log.Remove(0, Math.Max(0, log.Length - 20_000));
            }
        }
    }

    /// <summary>SIGKILL: no flush, no goodbye.</summary>
    public void Kill() => Signal(process, Sigkill);

    /// <summary>Waits until the process is no more.</summary>
    public Task GoneAsync() => process.WaitForExitAsync().WaitAsync(Patience);

    /// <summary>SIGTERM; answers the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Signal(process, Sigterm);
        await GoneAsync();
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Kill();
            await GoneAsync();
        }

        process.Dispose();
    }

    private static void Signal(Process process, int signal)
    {
        if (!process.HasExited && SendSignal(process.Id, signal) != 0)
        {
            throw new DemoException($"signal {signal} did not reach process {process.Id}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);
}

/// <summary>Ports on loopback; 0 asks for a free one.</summary>
internal sealed record BrokerPorts(int Http, int Grpc, int Metrics)
{
    public static readonly BrokerPorts Free = new(0, 0, 0);

    public Uri HttpAddress => new($"http://127.0.0.1:{Http}");

    public Uri GrpcAddress => new($"http://127.0.0.1:{Grpc}");

    public static BrokerPorts Parse(string readyLine)
    {
        using JsonDocument ready = JsonDocument.Parse(readyLine);
        return new BrokerPorts(Port("http"), Port("grpc"), Port("metrics"));

        int Port(string name)
        {
            string address = ready.RootElement.GetProperty(name).GetString()!;
            return int.Parse(address[(address.LastIndexOf(':') + 1)..]);
        }
    }
}
