using System.Text;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Running;

/// <summary>Runs commands inside the test with streams of its own and an environment of its own.</summary>
internal sealed class InProcess : IDisposable
{
    private readonly TempFolder folder = new();

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public string ContextPath => Path.Combine(folder.Path, "config.yaml");

    public async Task<CommandOutcome> RunAsync(params string[] arguments)
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        CliEnvironment environment = Environment(output, error);
        using Interruption interruption = new();
        int code = await CommandLine.RunAsync(arguments, environment, interruption);
        return new CommandOutcome(code, output.ToArray(), error.ToString());
    }

    public CommandTree Tree() => new(Environment(Stream.Null, TextWriter.Null), new Interruption());

    public void Dispose() => folder.Dispose();

    private CliEnvironment Environment(Stream output, TextWriter error) => new()
    {
        Streams = new CommandStreams { Input = Stream.Null, Output = output, Error = error, InputIsTerminal = false, OutputIsTerminal = false, ErrorIsTerminal = false },
        Variable = name => name is "GOQUEUE_CLI_CONFIG" ? ContextPath : Variables.GetValueOrDefault(name),
        Time = TimeProvider.System,
        BaseDirectory = folder.Path,
    };
}

/// <summary>How a command ended.</summary>
internal sealed record CommandOutcome(int Code, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);
}
