namespace GoQueue.Client;

/// <summary>What a consumer does when an unclean election took back messages that it had read.</summary>
public enum TruncationPolicy
{
    /// <summary>The enumeration throws LogTruncated with <see cref="GoQueueException.Truncation"/>, again and again until a seek. The default.</summary>
    Fail,

    /// <summary>Goes on where the histories part, and tells <see cref="ConsumerOptions.OnTruncation"/>: what is stored there now is delivered.</summary>
    Continue,
}

/// <summary>
/// Messages that were read and are not in the log any more: the topic allows unclean elections, and a replica that lacked them leads now. Other
/// messages may stand at their offsets.
/// </summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="ReadTo">The offset behind the last message that was read.</param>
/// <param name="DivergesAt">The first offset at which the log is another than the one that was read: to go on without a gap, seek to it.</param>
/// <param name="LastEpoch">Leader epoch of the last message that both histories share; -1 when none is known.</param>
public readonly record struct LogTruncation(string Topic, int Partition, long ReadTo, long DivergesAt, int LastEpoch);
