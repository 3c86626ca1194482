namespace GoQueue.Server.Hosting;

/// <summary>The node must not start as asked. The message says why and what to do; the process ends with the code.</summary>
internal sealed class StartRefusedException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
