namespace GoQueue.Storage;

/// <summary>When appended data is flushed to the device.</summary>
public enum FlushMode
{
    /// <summary>Before it counts towards an acknowledgement (the default).</summary>
    Flush = 0,

    /// <summary>Every flush interval; an acknowledgement may be lost with the power.</summary>
    Interval = 1,

    /// <summary>When the operating system likes.</summary>
    None = 2,
}
