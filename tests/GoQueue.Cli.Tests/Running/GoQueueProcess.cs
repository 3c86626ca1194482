using System.Diagnostics;
using System.Text;

namespace GoQueue.Cli.Tests.Running;

/// <summary>The built goqueue as a process of its own; neither the machine's contexts nor variables of whoever runs the tests decide anything.</summary>
internal sealed class GoQueueProcess : IDisposable
{
    // Far above what any of these commands takes; reached only by one that hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process process;
    private readonly Captured output = new();
    private readonly Captured error = new();
    private readonly Task reading;

    private GoQueueProcess(Process process)
    {
        this.process = process;
        reading = Task.WhenAll(CopyAsync(process.StandardOutput.BaseStream, output), CopyAsync(process.StandardError.BaseStream, error));
    }

    public static string ExecutablePath => Path.Combine(AppContext.BaseDirectory, "goqueue");

    public Stream Input => process.StandardInput.BaseStream;

    public string OutputSoFar => Encoding.UTF8.GetString(output.Bytes);

    public string ErrorSoFar => Encoding.UTF8.GetString(error.Bytes);

    /// <summary>With this program in the place of goqueue-server.</summary>
    public static Launcher WithServer(string program) => new([new("GOQUEUE_SERVER_EXE", program)]);

    public static GoQueueProcess Start(params string[] arguments) => new Launcher([]).Start(arguments);

    public static Task<CommandOutcome> RunAsync(params string[] arguments) => new Launcher([]).RunAsync(arguments);

    public static Task<CommandOutcome> RunWithInputAsync(byte[] input, params string[] arguments) => new Launcher([]).RunWithInputAsync(input, arguments);

    public void Interrupt() => Signal("INT");

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-" + name, process.Id.ToString()]);
        kill.WaitForExit();
    }

    public async Task<CommandOutcome> EndAsync()
    {
        using CancellationTokenSource deadline = new(Patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            await reading.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new TimeoutException($"goqueue did not end; standard error so far: {ErrorSoFar}", e);
        }

        return new CommandOutcome(process.ExitCode, output.Bytes, ErrorSoFar);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static async Task CopyAsync(Stream from, Captured to)
    {
        byte[] chunk = new byte[64 << 10];
        for (int read = 1; read > 0;)
        {
            read = await from.ReadAsync(chunk);
            to.Add(chunk.AsSpan(0, read));
        }
    }

    private sealed class Captured
    {
        private readonly Lock gate = new();
        private readonly MemoryStream bytes = new();

        public byte[] Bytes
        {
            get
            {
                lock (gate)
                {
                    return bytes.ToArray();
                }
            }
        }

        public void Add(ReadOnlySpan<byte> more)
        {
            lock (gate)
            {
                bytes.Write(more);
            }
        }
    }

    /// <summary>Starts goqueue with some environment.</summary>
    internal sealed class Launcher(IReadOnlyList<KeyValuePair<string, string>> variables)
    {
        public GoQueueProcess Start(params string[] arguments)
        {
            ProcessStartInfo start = new(ExecutablePath, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            start.Environment["GOQUEUE_CLI_CONFIG"] = Path.Combine(AppContext.BaseDirectory, "no-such-config.yaml");
            start.Environment.Remove("GOQUEUE_SERVER");
            start.Environment.Remove("GOQUEUE_SERVER_EXE");
            start.Environment.TryAdd("DOTNET_ROOT", Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
            foreach ((string name, string value) in variables)
            {
                start.Environment[name] = value;
            }

            return new GoQueueProcess(Process.Start(start)!);
        }

        public Task<CommandOutcome> RunAsync(params string[] arguments) => RunWithInputAsync([], arguments);

        public async Task<CommandOutcome> RunWithInputAsync(byte[] input, params string[] arguments)
        {
            using GoQueueProcess running = Start(arguments);
            try
            {
                await running.Input.WriteAsync(input);
                running.Input.Close();
            }
            catch (IOException)
            {
                // It ended without reading all of its input, as it may after an error.
            }

            return await running.EndAsync();
        }
    }
}
