using GoQueue.Cli.Values;
using GoQueue.Client;
using GoQueue.Core;

namespace GoQueue.Cli.Failures;

/// <summary>The one place where exceptions of the libraries become an exit code, what happened, and what to do next.</summary>
internal static class FailureTranslation
{
    public static CommandFailure Translate(Exception exception, bool interrupted) => exception switch
    {
        CommandFailure failure => failure,
        OperationCanceledException when interrupted => new CommandFailure(ExitCode.Interrupted, "interrupted", string.Empty, exception),
        GoQueueException failure => OfServer(failure, server: null),
        UnauthorizedAccessException or IOException => CommandFailure.Refused(exception.Message, "check the path and its permissions", exception),
        _ => CommandFailure.Refused(
            $"something went wrong here that should not: {exception.GetType().Name}: {exception.Message}",
            "run it again with --verbose and report the whole output",
            exception),
    };

    /// <summary>A refusal or failure that the client library reports. What to do next is said in terms of this command line where it has words for it.</summary>
    public static CommandFailure OfServer(GoQueueException failure, ServerAddresses? server) => failure.Code switch
    {
        ErrorCode.Unreachable => new CommandFailure(
            ExitCode.CannotConnect,
            server is { All.Count: > 1 } ? $"cannot connect to any of {string.Join(", ", server.All)}: {failure.Detail}" : $"cannot connect to {server?.ToString() ?? "the server"}: {failure.Detail}",
            "start one with `goqueue dev`, or name another with --server HOST:PORT",
            failure),
        ErrorCode.UnknownTopic => Refused(failure, "create it with `goqueue topic create NAME`, or see what there is with `goqueue topic list`"),
        ErrorCode.TopicAlreadyExists => Refused(failure, "choose another name, or add --if-not-exists"),
        ErrorCode.UnknownPartition => Refused(failure, "see the partitions with `goqueue topic describe NAME`"),
        ErrorCode.OffsetOutOfRange => Refused(failure, "see what there is with `goqueue offsets NAME`, or read with --from-beginning"),
        ErrorCode.LogTruncated when failure.Truncation is { } lost => Refused(
            failure,
            $"undo what those messages did if need be, then read on with `goqueue consume {lost.Topic} --partition {lost.Partition} --offset {lost.DivergesAt}`, or let it go on by itself with --on-truncation continue"),
        ErrorCode.MessageTooLarge => Refused(failure, "send less at once, or raise the limit with `goqueue topic alter NAME --max-message-bytes SIZE`"),
        ErrorCode.InvalidReplicationFactor => Refused(failure, "see the nodes with `goqueue cluster brokers`, add some, or ask for fewer replicas with --replication-factor"),
        ErrorCode.NotEnoughReplicas => Refused(failure, "see what is missing with `goqueue cluster health`"),
        ErrorCode.PreconditionFailed => Refused(failure, "look again with `goqueue topic describe NAME` and repeat with the new version"),
        _ => Refused(failure, failure.Advice),
    };

    private static CommandFailure Refused(GoQueueException failure, string next) =>
        CommandFailure.Refused($"{failure.Detail.TrimEnd('.')} ({ErrorCodes.Name(failure.Code)})", AfterColon(next), failure);

    private static string AfterColon(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.');
}
