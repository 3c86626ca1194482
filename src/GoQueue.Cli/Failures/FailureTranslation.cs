using GoQueue.Core;

namespace GoQueue.Cli.Failures;

/// <summary>The one place where exceptions of the libraries become an exit code, what happened, and what to do next.</summary>
internal static class FailureTranslation
{
    public static CommandFailure Translate(Exception exception, bool interrupted) => exception switch
    {
        CommandFailure failure => failure,
        OperationCanceledException when interrupted => new CommandFailure(ExitCode.Interrupted, "interrupted", string.Empty, exception),
        UnauthorizedAccessException or IOException => CommandFailure.Refused(exception.Message, "check the path and its permissions", exception),
        InvariantViolationException => Unexpected(exception),
        _ => Unexpected(exception),
    };

    private static CommandFailure Unexpected(Exception exception) => CommandFailure.Refused(
        $"something went wrong here that should not: {exception.GetType().Name}: {exception.Message}",
        "run it again with --verbose and report the whole output",
        exception);
}
