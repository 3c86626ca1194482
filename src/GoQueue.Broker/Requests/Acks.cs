namespace GoQueue.Broker.Requests;

/// <summary>When a publish is answered.</summary>
public enum Acks
{
    /// <summary>At once; nothing is promised.</summary>
    None = 0,

    /// <summary>When the leader has it, flushed as the topic's flush mode says.</summary>
    Leader = 1,

    /// <summary>When the high watermark has passed it: every in-sync replica has it (semantics R1).</summary>
    All = 2,
}
