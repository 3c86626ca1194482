using GoQueue.Client.Consuming;
using GoQueue.Client.Transport;
using GoQueue.Core;

namespace GoQueue.Client;

/// <summary>A request that was refused or could not be carried out. The message says what happened and what to do next.</summary>
public sealed class GoQueueException : Exception
{
    internal GoQueueException(ErrorCode code, string detail, Exception? cause = null)
        : base($"{ErrorCodes.Name(code)}: {detail.TrimEnd('.', ' ')}. {Errors.Advice.For(code)}", cause)
    {
        Code = code;
        Detail = detail;
    }

    /// <summary>Why; the numbers and names are stable.</summary>
    public ErrorCode Code { get; }

    /// <summary>True when the same request may succeed later without being changed.</summary>
    public bool IsRetriable => ErrorCodes.IsRetriable(Code);

    /// <summary>What was expected, what was seen, and the ids needed to find it.</summary>
    public string Detail { get; }

    /// <summary>One sentence on what to do next.</summary>
    public string Advice => Errors.Advice.For(Code);

    /// <summary>With <see cref="ErrorCode.LogTruncated"/> of a consumer: what was taken back, and where to go on.</summary>
    public LogTruncation? Truncation { get; init; }

    /// <summary>With <see cref="ErrorCode.NotLeader"/> and <see cref="ErrorCode.FencedLeaderEpoch"/>: who leads, if that node knows.</summary>
    internal LeaderHint? Leader { get; init; }

    /// <summary>With <see cref="ErrorCode.LogTruncated"/>: what the node says of its log.</summary>
    internal Divergence? Divergence { get; init; }

    /// <summary>The same failure for another waiter: an exception object is thrown once only, because throwing writes its stack trace.</summary>
    internal GoQueueException Copy() => new(Code, Detail, InnerException) { Truncation = Truncation };
}
