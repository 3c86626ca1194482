namespace GoQueue.Cli.Failures;

/// <summary>Ends a command with a code, a sentence that says what happened, and one that says what to do next.</summary>
internal sealed class CommandFailure(ExitCode code, string what, string next, Exception? cause = null) : Exception(what, cause)
{
    public ExitCode Code { get; } = code;

    /// <summary>What to do next; a phrase that reads well after "next: ".</summary>
    public string Next { get; } = next;

    public static CommandFailure Usage(string what, string next) => new(ExitCode.Usage, what, next);

    public static CommandFailure Refused(string what, string next, Exception? cause = null) => new(ExitCode.Refused, what, next, cause);
}
