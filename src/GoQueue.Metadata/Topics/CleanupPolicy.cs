namespace GoQueue.Metadata.Topics;

/// <summary>How old data leaves a partition.</summary>
public enum CleanupPolicy
{
    /// <summary>Whole segments, by time and size.</summary>
    Delete = 0,

    /// <summary>Records superseded by a later one of the same key.</summary>
    Compact = 1,
}
