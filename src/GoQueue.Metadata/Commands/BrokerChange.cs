namespace GoQueue.Metadata.Commands;

/// <summary>What is changed of a broker. Numbers are part of the format.</summary>
public enum BrokerChange : byte
{
    /// <summary>It was not heard of: it may not lead and joins no ISR.</summary>
    Fence = 1,

    /// <summary>It was heard of and knows the metadata.</summary>
    Unfence = 2,

    /// <summary>An operator wants it empty.</summary>
    Drain = 3,

    Undrain = 4,

    /// <summary>It asked to stop: leaders move away from it until it registers anew.</summary>
    Stop = 5,
}
