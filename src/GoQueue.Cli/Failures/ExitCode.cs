namespace GoQueue.Cli.Failures;

/// <summary>What the process answers to its caller. Part of the documented surface (docs/cli.md); numbers never change meaning.</summary>
internal enum ExitCode
{
    /// <summary>Everything asked for was done.</summary>
    Ok = 0,

    /// <summary>The operation was refused or failed, and nothing was done.</summary>
    Refused = 1,

    /// <summary>The command line or a configuration file is wrong; no server was asked.</summary>
    Usage = 2,

    /// <summary>No server could be reached.</summary>
    CannotConnect = 3,

    /// <summary>Some of it was done: some messages are acknowledged and some are not, or fewer came than asked for.</summary>
    PartlyDone = 4,

    /// <summary>It was answered, and the answer is that something is not well (cluster health).</summary>
    Unhealthy = 5,

    /// <summary>Ctrl-C or a termination signal ended it.</summary>
    Interrupted = 130,
}
