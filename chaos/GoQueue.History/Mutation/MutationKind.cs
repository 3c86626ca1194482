namespace GoQueue.History.Mutation;

/// <summary>
/// One thing that can be changed in a valid history so that it no longer is. Each lists what it needs to be observable: only places that meet it are taken, so a
/// checker that finds nothing afterwards is wrong.
/// </summary>
public enum MutationKind
{
    /// <summary>A message acknowledged with acks=all (or committed) is taken out of every final read: L1, T3 or T6.</summary>
    DropAcknowledged,

    /// <summary>A delayed message that was accepted and never cancelled is taken out of every final read, and no consumer polled it: D2.</summary>
    DropDelayed,

    /// <summary>A message is taken out of the final read of one of several replicas: L14.</summary>
    DropFromReplica,

    /// <summary>What one of several replicas in sync serves ends before its last message: L14.</summary>
    ShortenReplica,

    /// <summary>The files of one of several replicas in sync lack the last batches: L14.</summary>
    ShortenFiles,

    /// <summary>A message of a producer with identity stands a second time, behind all others, on every replica: L5.</summary>
    Duplicate,

    /// <summary>Two acknowledged messages change places in every final read: L3 or L4.</summary>
    Swap,

    /// <summary>Two messages change places inside one poll: L8.</summary>
    SwapInPoll,

    /// <summary>The acknowledgement of a message that was read names another offset: L3 or L4.</summary>
    MoveAcknowledgement,

    /// <summary>An acknowledged message stands behind all others of another partition, on every replica: L4, or L2 where a consumer had read it.</summary>
    MoveToPartition,

    /// <summary>A body that was read is damaged: L7.</summary>
    DamageBody,

    /// <summary>Key, headers or time of a message that was read are not those sent: L7.</summary>
    ChangeDigest,

    /// <summary>A message that was read is one that nobody sent: L7.</summary>
    Phantom,

    /// <summary>A message of an aborted transaction stands in the final reads: T2.</summary>
    UnAbort,

    /// <summary>One message of a transaction of several, committed, is taken out of every final read: T3.</summary>
    Tear,

    /// <summary>The acknowledgement of a message that was read becomes a refusal: L6.</summary>
    RefuseWhatIsThere,

    /// <summary>A message is left out of the middle of a poll: L8.</summary>
    SkipInPoll,

    /// <summary>A poll begins again with the last message of the poll before, with no seek between: L9.</summary>
    RepeatInPoll,

    /// <summary>A read end is set to the offset of a message acknowledged before it was asked for: L11.</summary>
    StaleEnd,

    /// <summary>A read end is set one lower than an end the same client was told before: L12.</summary>
    EndGoesBack,

    /// <summary>A batch has other bytes on one of several replicas: L14.</summary>
    ChangeBatch,

    /// <summary>A partition that worked again after the healing does not: L15.</summary>
    Stuck,

    /// <summary>A committed offset that was read becomes one that nobody committed: O1 or O4.</summary>
    RegressCommit,

    /// <summary>A setting that was read becomes a value that nobody wrote: M5.</summary>
    ChangeSetting,

    /// <summary>The answer whether a topic is there is turned round where nothing else touched the topic at that time or is unknown: M5.</summary>
    TurnExists,

    /// <summary>A message whose ack was answered is handed out once more: Q2.</summary>
    DeliverAfterAck,

    /// <summary>A later delivery is counted as the first: Q5.</summary>
    CountTooLow,

    /// <summary>A later delivery is not marked: Q6.</summary>
    Unmark,

    /// <summary>A message of a queue that was never settled is gone from it: Q1.</summary>
    DropFromQueue,

    /// <summary>A delayed message was due long after it was read: D1.</summary>
    Early,

    /// <summary>The cancelling of a message that was delivered is confirmed: D4.</summary>
    CancelWhatIsThere,

    /// <summary>Another node leads the same epoch: M1.</summary>
    SecondLeader,

    /// <summary>The same version of the metadata is another state on one node: M4.</summary>
    OtherState,
}
