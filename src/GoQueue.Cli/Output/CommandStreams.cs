using System.Text;

namespace GoQueue.Cli.Output;

/// <summary>Where a command reads and writes: data on <see cref="Output"/>, everything for people on <see cref="Error"/>.</summary>
internal sealed class CommandStreams : IDisposable
{
    // Big enough that a consumer of small messages makes one system call per few hundred of them.
    private const int OutputBufferBytes = 64 << 10;

    public required Stream Input { get; init; }

    /// <summary>Buffered; <see cref="Stream.Flush"/> after each result and whenever no more data is at hand.</summary>
    public required Stream Output { get; init; }

    public required TextWriter Error { get; init; }

    public required bool InputIsTerminal { get; init; }

    public required bool OutputIsTerminal { get; init; }

    public required bool ErrorIsTerminal { get; init; }

    /// <summary>The streams of this process.</summary>
    public static CommandStreams OfProcess() => new()
    {
        Input = Console.OpenStandardInput(),
        Output = new BufferedStream(OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new DescriptorStream(1), OutputBufferBytes),
        Error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true },
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    /// <summary>Writes text to <see cref="Output"/> as UTF-8.</summary>
    public void WriteText(string text) => Output.Write(Encoding.UTF8.GetBytes(text));

    public void Dispose()
    {
        Error.Dispose();
        Input.Dispose();
    }
}
