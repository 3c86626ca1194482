namespace GoQueue.History.Events;

/// <summary>What an event is about; <c>f</c> in the file. Names and values: <see cref="Operations"/> and docs/internals/history.md.</summary>
public enum Operation : byte
{
    // The partition log.
    Send,
    Poll,
    Assign,
    EndOffset,
    Transaction,
    InitProducer,

    // Consumer groups.
    Subscribe,
    Assignment,
    Commit,
    Committed,
    ResetOffsets,

    // Queues: leases on messages.
    Receive,
    Ack,
    Nack,
    Reject,
    Extend,

    // Delayed messages.
    Schedule,
    Cancel,

    // Metadata as registers.
    Create,
    Delete,
    Exists,
    CasConfig,
    ReadConfig,

    // What the harness did and how far it got.
    Nemesis,
    Phase,
    Probe,

    // What was found at the end, and what was seen on the way.
    FinalRead,
    GroupOffsets,
    GroupState,
    QueueState,
    DelayedState,
    DeadLetters,
    Topics,
    Leader,
    Metadata,
    Raft,
    Audit,
}
