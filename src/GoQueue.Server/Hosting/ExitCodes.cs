namespace GoQueue.Server.Hosting;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    public const int Stopped = 0;

    /// <summary>An operating failure after the start; the log has it.</summary>
    public const int Failed = 1;

    /// <summary>The configuration is wrong; every mistake is on standard error.</summary>
    public const int BadConfiguration = 2;

    /// <summary>The data directory is in use, belongs to another node, or was written by a newer version.</summary>
    public const int DataDirectoryRefused = 3;

    /// <summary>A second signal cut the shutdown short (128 + SIGINT).</summary>
    public const int Aborted = 130;
}
