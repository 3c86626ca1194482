namespace GoQueue.Core;

/// <summary>The total table of <see cref="ErrorCode"/>: one sentence and whether repeating the same request can help.</summary>
public static class ErrorCodes
{
    /// <summary>One sentence that says what the code means and what to do about it.</summary>
    public static string Describe(ErrorCode code) => Entry(code).Sentence;

    /// <summary>True when the same request may succeed later without being changed.</summary>
    public static bool IsRetriable(ErrorCode code) => Entry(code).Retriable;

    /// <summary>The stable name used on the wire: upper case with underscores, for example <c>UNKNOWN_TOPIC</c>.</summary>
    public static string Name(ErrorCode code) => Entry(code).Name;

    private static (string Name, string Sentence, bool Retriable) Entry(ErrorCode code) => code switch
    {
        ErrorCode.None => ("NONE", "The request succeeded.", false),
        ErrorCode.InvalidArgument => ("INVALID_ARGUMENT", "A field of the request has a value that is not allowed.", false),
        ErrorCode.InvalidTopicName => ("INVALID_TOPIC_NAME", "Topic names are 1 to 249 characters of A-Z a-z 0-9 . _ - and not '.' or '..'.", false),
        ErrorCode.UnknownTopic => ("UNKNOWN_TOPIC", "No topic has this name; create it first or check the spelling.", false),
        ErrorCode.TopicAlreadyExists => ("TOPIC_ALREADY_EXISTS", "A topic with this name, or one that differs only in case, exists.", false),
        ErrorCode.UnknownPartition => ("UNKNOWN_PARTITION", "The topic has no partition with this number.", false),
        ErrorCode.InvalidPartitionCount => ("INVALID_PARTITION_COUNT", "A topic has 1 to 10000 partitions.", false),
        ErrorCode.InvalidConfiguration => ("INVALID_CONFIGURATION", "A setting of the topic is outside its bounds.", false),
        ErrorCode.MessageTooLarge => ("MESSAGE_TOO_LARGE", "The message or batch is larger than the topic or the server allows.", false),
        ErrorCode.CorruptBatch => ("CORRUPT_BATCH", "The record batch is truncated, miscounted or fails its CRC-32C.", false),
        ErrorCode.UnsupportedBatchVersion => ("UNSUPPORTED_BATCH_VERSION", "Only record batches of magic 2 are accepted.", false),
        ErrorCode.UnsupportedCompression => ("UNSUPPORTED_COMPRESSION", "Batches may be plain, gzip or snappy.", false),
        ErrorCode.DecompressionTooLarge => ("DECOMPRESSION_TOO_LARGE", "The batch inflates beyond the allowed size.", false),
        ErrorCode.OffsetOutOfRange => ("OFFSET_OUT_OF_RANGE", "The offset is before the start or beyond the end of the partition.", false),
        ErrorCode.MalformedRequest => ("MALFORMED_REQUEST", "The request could not be parsed.", false),
        ErrorCode.PreconditionFailed => ("PRECONDITION_FAILED", "The object changed since it was read; read it again and repeat the change.", false),
        ErrorCode.LogTruncated => ("LOG_TRUNCATED", "The position lies on records that an unclean election took back; go on from the named safe offset.", false),
        ErrorCode.InvalidReplicationFactor => ("INVALID_REPLICATION_FACTOR", "The cluster has fewer usable nodes than the replicas asked for, or fewer replicas than the in-sync minimum.", false),
        ErrorCode.UnknownNode => ("UNKNOWN_NODE", "The cluster has no node with this id.", false),
        ErrorCode.OutOfOrderSequence => ("OUT_OF_ORDER_SEQUENCE", "The producer skipped a sequence number; an earlier batch is missing.", false),
        ErrorCode.InvalidProducerEpoch => ("INVALID_PRODUCER_EPOCH", "A newer producer epoch has fenced this one.", false),
        ErrorCode.DuplicateSequence => ("DUPLICATE_SEQUENCE", "The batch was written before and is older than the remembered ones; its offset is no longer known.", false),
        ErrorCode.UnknownProducer => ("UNKNOWN_PRODUCER", "The producer id was never given out; initialise the producer first.", false),
        ErrorCode.Overloaded => ("OVERLOADED", "A bounded queue is full; nothing was done, repeat after a pause.", true),
        ErrorCode.NotLeader => ("NOT_LEADER", "This node does not lead the partition; refresh the metadata and repeat.", true),
        ErrorCode.OffsetNotAvailable => ("OFFSET_NOT_AVAILABLE", "The end of the partition is not yet known to this leader; repeat.", true),
        ErrorCode.ShuttingDown => ("SHUTTING_DOWN", "The node is stopping; nothing was done, repeat elsewhere or later.", true),
        ErrorCode.DiskFull => ("DISK_FULL", "The disk has no room; nothing was written, free space and repeat.", true),
        ErrorCode.MetadataUnavailable => ("METADATA_UNAVAILABLE", "The metadata log cannot take a decision now; repeat.", true),
        ErrorCode.Timeout => ("TIMEOUT", "The request did not finish in its time; whether it took effect is not known.", true),
        ErrorCode.Unreachable => ("UNREACHABLE", "The node could not be reached or the connection broke; check that it runs and that the address is right.", true),
        ErrorCode.NotEnoughReplicas => ("NOT_ENOUGH_REPLICAS", "Fewer replicas are in sync than the topic demands; nothing was written, repeat when they are back.", true),
        ErrorCode.FencedLeaderEpoch => ("FENCED_LEADER_EPOCH", "The request was made under an older leadership; refresh the metadata and repeat.", true),
        ErrorCode.UnknownLeaderEpoch => ("UNKNOWN_LEADER_EPOCH", "The request names a leadership that this node has not heard of yet; repeat.", true),
        ErrorCode.StaleBrokerEpoch => ("STALE_BROKER_EPOCH", "The node was registered anew since; it registers and repeats.", true),
        ErrorCode.NotController => ("NOT_CONTROLLER", "This node does not lead the metadata quorum; refresh and repeat.", true),
        ErrorCode.OutcomeUnknown => ("OUTCOME_UNKNOWN", "The write may or may not survive; repeating it is safe with an idempotent producer.", true),
        ErrorCode.NotEnoughReplicasAfterAppend => ("NOT_ENOUGH_REPLICAS_AFTER_APPEND", "The batch was written but replicas fell away before it was committed; it may still become so, repeating it is safe with an idempotent producer.", true),
        ErrorCode.StorageFailure => ("STORAGE_FAILURE", "The disk failed under this partition; it stopped and needs a restart of the node.", false),
        ErrorCode.CorruptLog => ("CORRUPT_LOG", "Stored data of this range is damaged; it is not served.", false),
        ErrorCode.Internal => ("INTERNAL", "The server broke one of its own rules; see its log.", false),
        _ => throw new InvariantViolationException($"error code {(int)code} has no entry in the table"),
    };
}
