using GoQueue.Core;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;

namespace GoQueue.Chaos.Workloads;

/// <summary>How an operation went to the cluster; decides what a refusal means.</summary>
internal enum Road
{
    /// <summary>A message by an idempotent producer of the client library, which repeats by itself: what it says last is not what became of the first try.</summary>
    Producer,

    /// <summary>One attempt to store a message over REST.</summary>
    RestPublish,

    /// <summary>One attempt to change metadata over REST.</summary>
    RestAdmin,

    /// <summary>A read: it changes nothing, so what failed certainly did not happen.</summary>
    Read,
}

/// <summary>
/// What each error code says about an operation: <c>fail</c> (it certainly did not happen, and never will) or <c>info</c> (nobody knows). The whole table stands here;
/// what is not in it is <c>info</c>: taking an unknown outcome for a failure makes false alarms, taking it for a success hides bugs.
/// </summary>
internal static class Outcomes
{
    /// <summary>Codes that say of one attempt that nothing was written, and will not be.</summary>
    private static readonly HashSet<ErrorCode> RefusedPublish =
    [
        ErrorCode.InvalidArgument, ErrorCode.InvalidTopicName, ErrorCode.UnknownTopic, ErrorCode.UnknownPartition, ErrorCode.MessageTooLarge, ErrorCode.CorruptBatch,
        ErrorCode.UnsupportedBatchVersion, ErrorCode.UnsupportedCompression, ErrorCode.DecompressionTooLarge, ErrorCode.MalformedRequest,
        ErrorCode.OutOfOrderSequence, ErrorCode.InvalidProducerEpoch, ErrorCode.UnknownProducer,
        ErrorCode.Overloaded, ErrorCode.NotLeader, ErrorCode.DiskFull, ErrorCode.NotEnoughReplicas, ErrorCode.FencedLeaderEpoch, ErrorCode.UnknownLeaderEpoch,
    ];

    /// <summary>Codes that say of one attempt to change metadata that it was refused by the newest state.</summary>
    private static readonly HashSet<ErrorCode> RefusedChange =
    [
        ErrorCode.InvalidArgument, ErrorCode.InvalidTopicName, ErrorCode.UnknownTopic, ErrorCode.TopicAlreadyExists, ErrorCode.UnknownPartition, ErrorCode.InvalidPartitionCount,
        ErrorCode.InvalidConfiguration, ErrorCode.InvalidReplicationFactor, ErrorCode.MalformedRequest, ErrorCode.PreconditionFailed, ErrorCode.UnknownNode, ErrorCode.Overloaded,
    ];

    /// <summary>Codes that a producer of the client library gives without having sent anything.</summary>
    private static readonly HashSet<ErrorCode> NeverSent =
    [
        ErrorCode.InvalidArgument, ErrorCode.InvalidTopicName, ErrorCode.MessageTooLarge,
    ];

    public static EventType Of(Road road, ErrorCode code) => road switch
    {
        Road.Read => EventType.Fail,
        Road.RestPublish => RefusedPublish.Contains(code) ? EventType.Fail : EventType.Info,
        Road.RestAdmin => RefusedChange.Contains(code) ? EventType.Fail : EventType.Info,
        _ => NeverSent.Contains(code) ? EventType.Fail : EventType.Info,
    };

    /// <summary>The same for an answer over REST: no connection, no effect.</summary>
    public static EventType Of(Road road, RestAnswer answer) => answer.IsUnsent ? EventType.Fail : Of(road, answer.Code);

    /// <summary>The same for the stable name of a code, as REST tells it; an unknown one is no answer we know.</summary>
    public static EventType Of(Road road, string code) =>
        CodeOf(code) is { } known ? Of(road, known) : road == Road.Read ? EventType.Fail : EventType.Info;

    private static ErrorCode? CodeOf(string name)
    {
        foreach (ErrorCode code in Enum.GetValues<ErrorCode>())
        {
            if (string.Equals(ErrorCodes.Name(code), name, StringComparison.Ordinal))
            {
                return code;
            }
        }

        return null;
    }
}
