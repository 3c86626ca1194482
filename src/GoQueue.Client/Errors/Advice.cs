using GoQueue.Core;

namespace GoQueue.Client.Errors;

/// <summary>What a user of the client does next, for every code.</summary>
internal static class Advice
{
    public static string For(ErrorCode code) => code switch
    {
        ErrorCode.None => "Nothing is wrong.",
        ErrorCode.InvalidArgument => "Correct the named field and repeat.",
        ErrorCode.InvalidTopicName => "Choose a name of 1 to 249 characters from A-Z a-z 0-9 . _ - that is not '.' or '..'.",
        ErrorCode.UnknownTopic => "Create the topic first, or check the spelling against the list of topics.",
        ErrorCode.TopicAlreadyExists => "Use the existing topic or choose another name; names may not differ only in case.",
        ErrorCode.UnknownPartition => "Describe the topic to see its partitions; they count from 0.",
        ErrorCode.InvalidPartitionCount => "Ask for 1 to 10000 partitions.",
        ErrorCode.InvalidConfiguration => "Correct the named setting and repeat.",
        ErrorCode.MessageTooLarge => "Send a smaller message, or raise the topic's maximum message size and the server's limit.",
        ErrorCode.CorruptBatch => "The bytes were damaged on the way or by a fault in the client; send again, and report it if it stays.",
        ErrorCode.UnsupportedBatchVersion => "Use a client that writes record batches of magic 2.",
        ErrorCode.UnsupportedCompression => "Use no compression, gzip or snappy.",
        ErrorCode.DecompressionTooLarge => "Raise the limit on decompressed bytes if the data is trusted, or send smaller batches.",
        ErrorCode.OffsetOutOfRange => "Seek to an offset between log start and high watermark, or choose what to do by OnOutOfRange.",
        ErrorCode.MalformedRequest => "Use client and server of the same version.",
        ErrorCode.PreconditionFailed => "Read the object again and repeat the change on what it is now.",
        ErrorCode.OutOfOrderSequence => "Check the broker for lost data before sending the failed messages again; the producer goes on with a new epoch.",
        ErrorCode.InvalidProducerEpoch => "Send the failed messages again; the producer goes on with a new identity.",
        ErrorCode.DuplicateSequence => "Nothing is to be done: the messages were stored before.",
        ErrorCode.UnknownProducer => "Send the failed messages again; the producer goes on with a new identity.",
        ErrorCode.Overloaded => "Send less at once or repeat after a pause; nothing was done.",
        ErrorCode.NotLeader => "Repeat; the client finds the new leader by itself.",
        ErrorCode.OffsetNotAvailable => "Repeat after a pause.",
        ErrorCode.ShuttingDown => "Repeat when the node is back, or at another node.",
        ErrorCode.DiskFull => "Free space on the broker's disk; it goes on without a restart.",
        ErrorCode.MetadataUnavailable => "Repeat after a pause; if it stays, check that a majority of nodes is up.",
        ErrorCode.Timeout => "Check the load and health of the broker; whether the request took effect is not known unless said above.",
        ErrorCode.Unreachable => "Check that the node runs and that this is the address of its gRPC port (default 9000).",
        ErrorCode.NotEnoughReplicas => "Repeat after a pause; if it stays, check that enough of the partition's replicas are up and in sync.",
        ErrorCode.FencedLeaderEpoch => "Repeat; the client finds the new leader by itself.",
        ErrorCode.UnknownLeaderEpoch => "Repeat after a pause; that node has not heard of the newest leader yet.",
        ErrorCode.StaleBrokerEpoch => "Repeat after a pause; that node is registering anew.",
        ErrorCode.NotController => "Repeat after a pause, or at another node.",
        ErrorCode.NotEnoughReplicasAfterAppend => "Send again with an idempotent producer; it is stored on fewer replicas than the topic asks for.",
        ErrorCode.LogTruncated => "Undo what those messages did if need be, then seek to that offset and read on, or choose to go on by OnTruncated.",
        ErrorCode.InvalidReplicationFactor => "Ask for 1 to as many replicas as there are nodes.",
        ErrorCode.UnknownNode => "Check the node's id against the list of brokers.",
        ErrorCode.OutcomeUnknown => "Read the partition to see whether it was stored before sending again without idempotence.",
        ErrorCode.StorageFailure => "Look at the broker's log and disk, then restart the node.",
        ErrorCode.CorruptLog => "Restore the partition from a replica or a backup; seek behind the damaged range to read on.",
        ErrorCode.Internal => "Look at the broker's log and report the fault.",
        _ => "Look the code up in the documentation of the server's version.",
    };
}
