using GoQueue.History.Checking;
using GoQueue.History.Events;

namespace GoQueue.History.Report;

/// <summary>How a run stands to a claim.</summary>
public enum ClaimState : byte
{
    /// <summary>The run did not use it.</summary>
    NotTested,

    /// <summary>Used, and nothing against it was found.</summary>
    Held,

    Broken,
}

/// <summary>What the product claims of one of its interfaces, and which anomalies would break it. The same words as in docs/reliability.md.</summary>
/// <param name="Anomalies">Ids of the catalog.</param>
public sealed record Claim(string Api, string Words, string NotClaimed, IReadOnlyList<string> Anomalies, Func<TrialReport, bool> IsUsed)
{
    /// <summary>Of features that exist.</summary>
    public static IReadOnlyList<Claim> All { get; } =
    [
        new(
            "publish, acks=all",
            "With replication 3, min ISR 2 and flushing on, an acknowledged message survives any single fault of one node and the loss of power of all nodes at once, at the offset it was told. With fewer replicas than the minimum the publish is refused, never acknowledged weaker.",
            "Two nodes' disks destroyed, or the same range damaged on every eligible replica.",
            ["L1", "L3", "L4", "L6", "L7", "L14", "M3"],
            static trial => trial.Traits.HasAcksAll),
        new(
            "publish, acks=leader",
            "An acknowledged message survives the crash of the leader's process.",
            "The loss of the leader's node: the next leader may lack it.",
            ["L3", "L4", "L6", "L7"],
            static trial => trial.Traits.HasAcksLeader),
        new(
            "idempotent publish",
            "Each message at most once per partition and in order, across retries, changes of leader and restarts, as long as the producer is remembered.",
            "Across the expiry of the producer's state.",
            ["L5", "L10", "T11"],
            static trial => trial.Traits.HasIdempotentSends),
        new(
            "fetch",
            "Only committed messages, in offset order, without gaps; reading again gives the same bytes; what a reader has seen stays.",
            "A follower may be behind; it never shows what can vanish.",
            ["L2", "L3", "L7", "L8", "L9", "L12", "L13"],
            static trial => Ok(trial, Operation.Poll)),
        new(
            "end of a partition",
            "The end, asked for after an acknowledgement, lies behind the acknowledged message.",
            "The end that comes along with data is of the moment it was sent.",
            ["L11", "L12"],
            static trial => Ok(trial, Operation.EndOffset)),
        new(
            "topics and their settings",
            "Creating, deleting and changing are linearizable; what was confirmed survives the loss of a minority of the nodes.",
            "-",
            ["M1", "M2", "M5", "M6"], // M4 and M7 need facts of Raft that no node tells: a run of real processes says nothing about them, the simulator does
            static trial => Ok(trial, Operation.Create) || Ok(trial, Operation.CasConfig)),
        new(
            "recovery",
            "Within the bound after the last fault every partition takes and gives messages again, without anybody's help.",
            "While a majority of the nodes, or the minimum of a partition's replicas, is gone.",
            ["L15"],
            static trial => trial.Faults.Count > 0),
        new(
            "a time-out",
            "Says that the outcome is unknown; trying again with the same producer is safe.",
            "-",
            ["L5", "L6"],
            static trial => trial.Verdict.Operations.Any(static count => count.Info > 0)),
    ];

    public ClaimState StateIn(RunReport run)
    {
        bool isBroken = run.Trials.Any(trial => IsUsed(trial) && trial.Verdict.Errors.Any(anomaly => Anomalies.Contains(anomaly.Definition.Id)));
        return isBroken ? ClaimState.Broken : run.Trials.Any(IsUsed) ? ClaimState.Held : ClaimState.NotTested;
    }

    private static bool Ok(TrialReport trial, Operation operation) => trial.Verdict.Operations.Any(count => count.Operation == operation && count.Ok > 0);
}
