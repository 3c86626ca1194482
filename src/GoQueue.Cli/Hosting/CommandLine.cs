using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Output;

namespace GoQueue.Cli.Hosting;

/// <summary>Parses the arguments, runs the command, and turns every way it can end into an exit code and words.</summary>
internal static class CommandLine
{
    // Arguments mean what they say: no @file expansion (a message may begin with @) and no bundling (-1h is a time).
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliEnvironment environment, Interruption interruption)
    {
        CommandTree tree = new(environment, interruption);
        ParseResult parse = tree.Root.Parse(arguments, Parser);
        bool verbose = parse.GetResult(tree.Globals.Verbose) is { Implicit: false };
        try
        {
            // --help asks for words even when the rest is incomplete; its action says so by clearing the errors.
            if (parse.Errors.Count > 0 && parse.Action is not { ClearsParseErrors: true })
            {
                return UsageErrors.Report(parse, environment.Streams);
            }

            InvocationConfiguration configuration = new()
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = new StreamWriter(environment.Streams.Output) { AutoFlush = true },
                Error = environment.Streams.Error,
            };
            int code = await parse.InvokeAsync(configuration);
            environment.Streams.Output.Flush();
            return code;
        }
        catch (BrokenPipeException)
        {
            return (int)ExitCode.Ok;
        }
        catch (Exception e)
        {
            CommandFailure failure = FailureTranslation.Translate(e, interruption.Happened);
            return Report(failure, verbose, environment.Streams);
        }
    }

    /// <summary>Parses without running, for completion.</summary>
    public static ParseResult Parse(CommandTree tree, IReadOnlyList<string> arguments) => tree.Root.Parse(arguments, Parser);

    private static int Report(CommandFailure failure, bool verbose, CommandStreams streams)
    {
        try
        {
            // What was printed before the failure stays in order with what is said about it.
            streams.Output.Flush();
        }
        catch (IOException)
        {
            // The reader is gone or the disk is full; the failure itself still has to be said.
        }

        streams.Error.WriteLine($"goqueue: {failure.Message}");
        if (failure.Next.Length > 0)
        {
            streams.Error.WriteLine($"  next: {failure.Next}");
        }

        if (verbose && failure.InnerException is { } cause)
        {
            streams.Error.WriteLine($"  cause: {cause}");
        }

        return (int)failure.Code;
    }
}
