using System.ComponentModel;
using System.Diagnostics;
using GoQueue.Harness;

namespace GoQueue.Chaos.Machine;

/// <summary>How a program of the system ended, and what it said.</summary>
/// <param name="Code">-1: it could not be started.</param>
internal sealed record ToolResult(int Code, string Output, string Errors)
{
    public bool IsOk => Code == 0;
}

/// <summary>Programs of the system (<c>ip</c>, <c>nft</c>, <c>mount</c>, ...), run to their end.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(2);

    /// <exception cref="HarnessException">It ended with another code than 0.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        ToolResult result = await TryAsync(program, arguments);
        return result.IsOk ? result.Output : throw new HarnessException($"{program} {string.Join(' ', arguments)}: {Reason(program, result)}");
    }

    public static Task<ToolResult> TryAsync(string program, params string[] arguments) => FeedAsync(program, null, arguments);

    /// <summary>The same, with <paramref name="input"/> on standard input.</summary>
    public static async Task<ToolResult> FeedAsync(string program, string? input, params string[] arguments)
    {
        try
        {
            ProcessStartInfo start = new(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            using Process process = Process.Start(start)!;
            await process.StandardInput.WriteAsync(input ?? string.Empty);
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Patience);
            // What it left running in the background may hold its output open for ever.
            await ((Task)Task.WhenAll(output, errors)).WaitAsync(OutputPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return new ToolResult(process.ExitCode, output.IsCompletedSuccessfully ? await output : string.Empty, errors.IsCompletedSuccessfully ? await errors : string.Empty);
        }
        catch (Win32Exception)
        {
            return new ToolResult(-1, string.Empty, $"there is no {program} here");
        }
        catch (TimeoutException)
        {
            return new ToolResult(-1, string.Empty, $"no end within {Patience.TotalSeconds:0} s");
        }
    }

    private static string Reason(string program, ToolResult result) =>
        (result.Errors + result.Output).Trim() is { Length: > 0 } words ? words : $"{program} ended with {result.Code}";
}
