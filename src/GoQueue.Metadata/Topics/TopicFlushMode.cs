namespace GoQueue.Metadata.Topics;

/// <summary>When appended data is flushed; the storage layer has the same three.</summary>
public enum TopicFlushMode
{
    Flush = 0,
    Interval = 1,
    None = 2,
}
