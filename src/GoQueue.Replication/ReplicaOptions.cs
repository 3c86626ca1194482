using GoQueue.Core;

namespace GoQueue.Replication;

/// <summary>Limits of the replica protocol; the same on every node of a cluster for even treatment, but not for safety.</summary>
public sealed record ReplicaOptions
{
    /// <summary>
    /// R9: a follower that was not caught up with the leader's end at any moment of this window leaves the in-sync set. Default 10 s (Kafka: 30 s):
    /// short enough that a stuck disk does not hold up acknowledgements for long, long enough for a garbage collection or a slow flush.
    /// </summary>
    public TimeSpan MaxLag { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The combined rule: a follower more than this many records behind leaves the in-sync set too, however recently it was caught up. Null, the
    /// default, turns it off: a burst would throw out healthy followers.
    /// </summary>
    public long? MaxLagRecords { get; init; }

    /// <summary>
    /// A follower that stands where one of its leader's sealed segments begins, with more than this many of them to come, takes them whole instead of batch by
    /// batch (ADR 0014). Default 2: a follower that is slow for a moment is not affected. Null turns it off.
    /// </summary>
    public int? ShipBehindSegments { get; init; } = 2;

    /// <summary>Pause before a change of the in-sync set is proposed again after a refusal or an unknown outcome. Default 500 ms.</summary>
    public TimeSpan ProposalRetry { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Set by tests only (ADR 0015).</summary>
    public DeliberateBugs Bugs
    {
        get;
        internal init
        {
            DeliberateBugSwitch.CheckMayPlant(value == DeliberateBugs.None);
            field = value;
        }
    }

    /// <summary>Whether a bug is planted. A constant in processes that are no tests.</summary>
    public bool Has(DeliberateBugs bug) => DeliberateBugSwitch.IsOn && (Bugs & bug) != 0;
}
