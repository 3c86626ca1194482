using GoQueue.Core;

namespace GoQueue.Server.Errors;

/// <summary>The one total table from <see cref="ErrorCode"/> to what HTTP and gRPC callers see.</summary>
public static class ErrorMapping
{
    // gRPC status codes, by number as in the gRPC specification.
    private const int InvalidArgument = 3;
    private const int DeadlineExceeded = 4;
    private const int NotFound = 5;
    private const int AlreadyExists = 6;
    private const int ResourceExhausted = 8;
    private const int FailedPrecondition = 9;
    private const int Aborted = 10;
    private const int OutOfRange = 11;
    private const int InternalError = 13;
    private const int Unavailable = 14;
    private const int DataLoss = 15;

    public static int ToHttpStatus(ErrorCode code) => Entry(code).Http;

    public static int ToGrpcStatus(ErrorCode code) => Entry(code).Grpc;

    private static (int Http, int Grpc) Entry(ErrorCode code) => code switch
    {
        ErrorCode.None => (200, 0),
        ErrorCode.InvalidArgument => (400, InvalidArgument),
        ErrorCode.InvalidTopicName => (400, InvalidArgument),
        ErrorCode.UnknownTopic => (404, NotFound),
        ErrorCode.TopicAlreadyExists => (409, AlreadyExists),
        ErrorCode.UnknownPartition => (404, NotFound),
        ErrorCode.InvalidPartitionCount => (400, InvalidArgument),
        ErrorCode.InvalidConfiguration => (400, InvalidArgument),
        ErrorCode.MessageTooLarge => (413, InvalidArgument),
        ErrorCode.CorruptBatch => (400, InvalidArgument),
        ErrorCode.UnsupportedBatchVersion => (400, InvalidArgument),
        ErrorCode.UnsupportedCompression => (400, InvalidArgument),
        ErrorCode.DecompressionTooLarge => (413, InvalidArgument),
        ErrorCode.OffsetOutOfRange => (416, OutOfRange),
        ErrorCode.MalformedRequest => (400, InvalidArgument),
        ErrorCode.PreconditionFailed => (412, FailedPrecondition),
        ErrorCode.LogTruncated => (409, DataLoss),
        ErrorCode.InvalidReplicationFactor => (400, InvalidArgument),
        ErrorCode.UnknownNode => (404, NotFound),
        ErrorCode.OutOfOrderSequence => (409, FailedPrecondition),
        ErrorCode.InvalidProducerEpoch => (409, FailedPrecondition),
        ErrorCode.DuplicateSequence => (409, AlreadyExists),
        ErrorCode.UnknownProducer => (409, FailedPrecondition),
        ErrorCode.Overloaded => (429, ResourceExhausted),
        ErrorCode.NotLeader => (503, Unavailable),
        ErrorCode.OffsetNotAvailable => (503, Unavailable),
        ErrorCode.ShuttingDown => (503, Unavailable),
        ErrorCode.DiskFull => (507, ResourceExhausted),
        ErrorCode.MetadataUnavailable => (503, Unavailable),
        ErrorCode.Timeout => (504, DeadlineExceeded),
        ErrorCode.Unreachable => (503, Unavailable),
        ErrorCode.NotEnoughReplicas => (503, Unavailable),
        ErrorCode.FencedLeaderEpoch => (409, Unavailable),
        ErrorCode.UnknownLeaderEpoch => (503, Unavailable),
        ErrorCode.StaleBrokerEpoch => (409, Unavailable),
        ErrorCode.NotController => (503, Unavailable),
        ErrorCode.OutcomeUnknown => (503, Aborted),
        ErrorCode.NotEnoughReplicasAfterAppend => (503, Aborted),
        ErrorCode.StorageFailure => (500, InternalError),
        ErrorCode.CorruptLog => (500, DataLoss),
        ErrorCode.Internal => (500, InternalError),
        _ => throw new InvariantViolationException($"error code {(int)code} has no entry in the table"),
    };
}
