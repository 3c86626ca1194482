using System.Diagnostics;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Running;

/// <summary>The built goqueue as a process of its own, with a configuration file of its own.</summary>
internal sealed class GoQueueProcess : IDisposable
{
    // Far above what any of these commands takes; reached only by one that hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly Task<byte[]> output;
    private readonly Task<string> error;

    private GoQueueProcess(Process process)
    {
        this.process = process;
        output = ReadAllAsync(process.StandardOutput.BaseStream);
        error = process.StandardError.ReadToEndAsync();
    }

    public static string ExecutablePath => Path.Combine(AppContext.BaseDirectory, "goqueue");

    public Stream Input => process.StandardInput.BaseStream;

    public static GoQueueProcess Start(params string[] arguments) => new(StartProcess(arguments));

    /// <summary>Starts it without reading its output; the caller does.</summary>
    public static Process StartProcess(params string[] arguments)
    {
        ProcessStartInfo start = new(ExecutablePath) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // Neither the machine's own contexts nor variables of whoever runs the tests may decide anything.
        start.Environment["GOQUEUE_CLI_CONFIG"] = Path.Combine(AppContext.BaseDirectory, "no-such-config.yaml");
        start.Environment.Remove("GOQUEUE_SERVER");
        start.Environment.TryAdd("DOTNET_ROOT", Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));
        return Process.Start(start)!;
    }

    public static Task<CommandOutcome> RunAsync(params string[] arguments) => RunWithInputAsync([], arguments);

    public static async Task<CommandOutcome> RunWithInputAsync(byte[] input, params string[] arguments)
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
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new TimeoutException($"goqueue did not end; standard error so far: {await error}", e);
        }

        return new CommandOutcome(process.ExitCode, await output, await error);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
