namespace GoQueue.Replication;

/// <summary>
/// Faults that tests plant to prove that the checkers find them (reliability.md 3.7). Nothing but a friend assembly of this one can set them, in a process
/// whose host has the switch of <see cref="GoQueue.Core.DeliberateBugSwitch"/>; no configuration of a broker reaches them (ADR 0015).
/// </summary>
[Flags]
public enum DeliberateBugs
{
    None = 0,

    /// <summary>Counts appended bytes as durable before the flush.</summary>
    AckBeforeFlush = 1 << 0,

    /// <summary>The leader's own log alone moves the high watermark.</summary>
    AckBeforeReplication = 1 << 1,

    /// <summary>Readers see everything appended.</summary>
    ServeAboveHighWatermark = 1 << 2,

    /// <summary>A new follower cuts its log at its high watermark instead of asking for the leader's epochs (the bug before KIP-101).</summary>
    TruncateToHighWatermark = 1 << 3,

    /// <summary>A follower takes the leader's first answer for the end of the matter (KIP-101 without KIP-279).</summary>
    OneRoundOfEpochTruncation = 1 << 4,

    /// <summary>What a follower fetched before its last registration still counts.</summary>
    CountStaleBrokerEpoch = 1 << 5,

    /// <summary>A new leader begins with an empty producer table.</summary>
    ForgetProducerState = 1 << 6,

    /// <summary>A leader tells the start that it wants itself, before those that may lead after it have promised it.</summary>
    TellOwnStart = 1 << 7,
}
