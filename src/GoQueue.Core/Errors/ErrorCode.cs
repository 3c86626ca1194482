namespace GoQueue.Core;

/// <summary>
/// Every way a request can be refused. Numbers are part of the protocol (proto <c>goqueue.v1.ErrorCode</c>) and never change meaning.
/// One sentence and the retriable mark stand in <see cref="ErrorCodes"/>; the HTTP and gRPC mapping stands in the server.
/// </summary>
public enum ErrorCode
{
    None = 0,

    // Requests that will fail again unless changed: 1-99.
    InvalidArgument = 1,
    InvalidTopicName = 2,
    UnknownTopic = 3,
    TopicAlreadyExists = 4,
    UnknownPartition = 5,
    InvalidPartitionCount = 6,
    InvalidConfiguration = 7,
    MessageTooLarge = 8,
    CorruptBatch = 9,
    UnsupportedBatchVersion = 10,
    UnsupportedCompression = 11,
    DecompressionTooLarge = 12,
    OffsetOutOfRange = 13,
    MalformedRequest = 14,
    PreconditionFailed = 15,
    LogTruncated = 16,
    InvalidReplicationFactor = 17,
    UnknownNode = 18,

    // Idempotent producers: 100-119.
    OutOfOrderSequence = 100,
    InvalidProducerEpoch = 101,
    DuplicateSequence = 102,
    UnknownProducer = 103,

    // Requests worth repeating as they are: 200-299.
    Overloaded = 200,
    NotLeader = 201,
    OffsetNotAvailable = 202,
    ShuttingDown = 203,
    DiskFull = 204,
    MetadataUnavailable = 205,
    Timeout = 206,
    Unreachable = 207, // a server says it only of another node
    NotEnoughReplicas = 208,
    FencedLeaderEpoch = 209,
    UnknownLeaderEpoch = 210,
    StaleBrokerEpoch = 211,
    NotController = 212,

    // The outcome of a write is unknown; safe to repeat with an idempotent producer: 300-319.
    OutcomeUnknown = 300,
    NotEnoughReplicasAfterAppend = 301,

    // Something here is broken: 400-499.
    StorageFailure = 400,
    CorruptLog = 401,
    Internal = 499,
}
