using System.Text.Json.Serialization;

namespace GoQueue.History.Events;

/// <summary>What one line says about an operation.</summary>
public enum EventType : byte
{
    /// <summary>It is about to be asked for. From here on it may take effect.</summary>
    [JsonStringEnumMemberName("invoke")]
    Invoke,

    /// <summary>The server said yes; or, without an invocation before it, an observation.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>It certainly did not happen, and never will.</summary>
    [JsonStringEnumMemberName("fail")]
    Fail,

    /// <summary>Everything else: it may have happened, may happen later, or never. Its process number is retired.</summary>
    [JsonStringEnumMemberName("info")]
    Info,
}
