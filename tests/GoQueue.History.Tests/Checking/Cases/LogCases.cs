using GoQueue.History.Events;
using GoQueue.History.Format;
using static GoQueue.History.Tests.Checking.Case;

namespace GoQueue.History.Tests.Checking.Cases;

/// <summary>The partition log, L1 to L15.</summary>
internal static class LogCases
{
    public static readonly Case[] All =
    [
        Flagged("L1", "a hole: acknowledged, and a later one is there", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").Send(0, "2=0-2").Final("0=0-0 2=0-2", 3)),
        Flagged("L1", "the tail is gone", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").Final("0=0-0", 1)),
        Flagged("L1", "nobody knows the outcome, but somebody saw it", static h => h.IsUnknown().Send(0, "0-0").Poll(1, "0=0-0", from: 0).Final("", 0), "L2"),
        Shown("L1", "lost with acks=leader", static h => h.Send(0, "0=0-0", acks: SendAcks.Leader).Final("", 0)),
        Clean("L1", "lost, and nobody knew or saw it", static h => h.IsUnknown().Send(0, "0-0").Final("", 0)),
        Clean("L1", "refused, and not there", static h => h.Fails("OVERLOADED").Send(0, "0-0").Final("", 0)),
        Clean("L1", "the topic was deleted", static h => h.Send(0, "0=0-0").Topic(1, Operation.Delete, "t").Final("", 0)),

        Flagged("L2", "read, then another message is found there", static h => h.Send(0, "0=0-0").IsUnknown().Send(1, "0-1").Poll(2, "0=0-0", from: 0).Poll(3, "0=0-1", from: 0).Final("0=0-0", 1), "L1", "L3"),
        Flagged("L2", "read from a transaction of unknown outcome, then gone", static h => h.IsUnknown().Transaction(0, "x", 1, Script.Sends("0-0")).Poll(1, "0=0-0", from: 0).Final("", 0)),
        Clean("L2", "not committed, seen by one who asked for that, then gone", static h =>
            h.IsUnknown().Transaction(0, "x", 1, Script.Sends("0-0")).Poll(1, "0=0-0", from: 0, isolation: ReadIsolation.Uncommitted).Final("", 0)),

        Flagged("L3", "an acknowledgement and a read", static h => h.Send(0, "0=0-0").IsUnknown().Send(1, "0-1").Send(2, "1=0-2").Poll(3, "0=0-1", from: 0).Final("0=0-0 1=0-2", 2), "L1", "L2"),
        Flagged("L3", "two acknowledgements", static h => h.Send(0, "0=0-0").Send(1, "0=1-0")),
        Clean("L3", "the same offset in two partitions", static h => h.Send(0, "0=0-0").Send(0, "0=0-1", partition: 1).Final("0=0-0", 1).Final("0=0-1", 1, partition: 1)),
        Clean("L3", "the leader's acknowledgement was lost with the leader", static h => h.Send(0, "0=0-0", acks: SendAcks.None).Send(1, "0=1-0").Final("0=1-0", 1)),

        Flagged("L4", "it stands elsewhere", static h => h.Send(0, "5=0-0").Poll(1, "3=0-0", from: 3)),
        Flagged("L4", "minus one", static h => h.Send(0, "-1=0-0")),
        Flagged("L4", "a spurious zero", static h => h.Send(0, "0=0-0").Send(0, "0=0-1").Final("0=0-0 1=0-1", 2), "L3", "L10"),
        Clean("L4", "repeated without identity, and the first one compacted away", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").Send(0, "1=0-1:b").Final("1=0-1:b 2=0-0:a", 3)),
        Flagged("L4", "in a compacted topic, with identity", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a", idempotent: true).Final("2=0-0:a", 3)),
        Clean("L4", "it was read before the acknowledgement came", static h =>
            h.Invoke(0, Operation.Send, Script.Sending("0-0")).Poll(1, "3=0-0", from: 3).End(0, Operation.Send, Script.Sending("3=0-0"))),

        Flagged("L5", "an idempotent producer's message stands twice", static h => h.Send(0, "0=0-0", idempotent: true).Final("0=0-0 1=0-0", 2)),
        Shown("L5", "without identity", static h => h.Send(0, "0=0-0").Final("0=0-0 1=0-0", 2)),
        Clean("L5", "read twice at one place", static h => h.Send(0, "0=0-0", idempotent: true).Poll(1, "0=0-0", from: 0).Poll(2, "0=0-0", from: 0).Final("0=0-0", 1).Final("0=0-0", 1, at: "2")),

        Flagged("L6", "refused, and there", static h => h.Fails("OVERLOADED").Send(0, "0-0").Poll(1, "0=0-0", from: 0)),
        Clean("L6", "unknown, and there", static h => h.IsUnknown().Send(0, "0-0").Poll(1, "0=0-0", from: 0)),

        Flagged("L7", "nobody sent it", static h => h.Send(0, "0=0-0").Final("0=0-0 1=9-9", 2)),
        Flagged("L7", "a damaged body", static h => h.Send(0, "0=0-0").Poll(1, "0=!", from: 0).Final("0=0-0", 1)),
        Flagged("L7", "another key", static h => h.Send(0, "0=0-0:a").Final("0=0-0:b", 1)),
        Flagged("L7", "other headers", static h => h.Send(0, "0=0-0#5").Final("0=0-0#6", 1)),
        Clean("L7", "read as it was sent, before the answer", static h =>
            h.Invoke(0, Operation.Send, Script.Sending("0-0:a#5")).Poll(1, "0=0-0:a#5", from: 0).As(EventType.Info).End(0, Operation.Send, Script.Sending("0-0:a#5"))),

        Flagged("L8", "a poll leaves one out", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").Send(0, "2=0-2").Poll(1, "0=0-0 2=0-2", from: 0).Final("0=0-0 1=0-1 2=0-2", 3)),
        Flagged("L8", "a poll steps back", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").Poll(1, "1=0-1 0=0-0", from: 1).Final("0=0-0 1=0-1", 2)),
        Clean("L8", "the offset between belongs to a marker", static h => h.Send(0, "0=0-0").Send(0, "2=0-2").Poll(1, "0=0-0 2=0-2", from: 0).Final("0=0-0 2=0-2", 3)),
        Clean("L8", "the message between was aborted", static h =>
            h.Send(0, "0=0-0").Fails().Transaction(2, "x", 1, Script.Sends("0-1")).Send(0, "2=0-2").Poll(3, "0=0-0 1=0-1 2=0-2", from: 0, isolation: ReadIsolation.Uncommitted)
                .Poll(1, "0=0-0 2=0-2", from: 0).Final("0=0-0 2=0-2", 3)),

        Flagged("L9", "the next poll leaves one out", static h =>
            h.Send(0, "0=0-0").Send(0, "1=0-1").Send(0, "2=0-2").Assign(1, 0).Poll(1, "0=0-0").Poll(1, "2=0-2").Final("0=0-0 1=0-1 2=0-2", 3)),
        Flagged("L9", "the next poll gives the same again", static h => h.Send(0, "0=0-0").Assign(1, 0).Poll(1, "0=0-0").Poll(1, "0=0-0").Final("0=0-0", 1)),
        Flagged("L9", "an empty poll moves on over a message", static h => h.Send(0, "0=0-0").Assign(1, 0).Poll(1, "", next: 1).Final("0=0-0", 1)),
        Shown("L9", "again after a rebalance", static h =>
            h.Send(0, "0=0-0").Do(1, Operation.Subscribe, new SubscribeValue { Group = "g", Topics = ["t"] }).Poll(1, "0=0-0", group: "g").Assigned(1, 2, "m").Poll(1, "0=0-0", group: "g").Final("0=0-0", 1)),
        Clean("L9", "again after a seek", static h => h.Send(0, "0=0-0").Assign(1, 0).Poll(1, "0=0-0").Assign(1, 0).Poll(1, "0=0-0").Final("0=0-0", 1)),
        Clean("L9", "an empty poll moves on over a marker", static h => h.Send(0, "0=0-0").Send(0, "2=0-1").Assign(1, 0).Poll(1, "0=0-0").Poll(1, "", next: 2).Poll(1, "2=0-1").Final("0=0-0 2=0-1", 3)),
        Clean("L9", "two readers at different places", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").Poll(1, "1=0-1", from: 1).Poll(2, "0=0-0", from: 0).Final("0=0-0 1=0-1", 2)),

        Flagged("L10", "the later send stands before the earlier one", static h => h.Send(0, "1=0-0").Send(0, "0=0-1").Final("0=0-1 1=0-0", 2)),
        Flagged("L10", "inside one send", static h => h.Send(0, "1=0-0 0=0-1").Final("0=0-1 1=0-0", 2)),
        Flagged("L10", "a pipelined producer of two processes", static h =>
            h.Invoke(0, Operation.Send, Script.Sending("0-0", producer: "p")).Invoke(1, Operation.Send, Script.Sending("0-1", producer: "p"))
                .End(1, Operation.Send, Script.Sending("0=0-1", producer: "p")).End(0, Operation.Send, Script.Sending("1=0-0", producer: "p")).Final("0=0-1 1=0-0", 2)),
        Shown("L10", "not ordered", static h => h.Configure(static run => run with { IsOrdered = false }).Send(0, "1=0-0").Send(0, "0=0-1").Final("0=0-1 1=0-0", 2)),
        Shown("L10", "acknowledged by a leader that was lost", static h => h.Send(0, "1=0-0", acks: SendAcks.Leader).Send(0, "0=0-1", acks: SendAcks.Leader).Final("0=0-1 1=0-0", 2)),
        Clean("L10", "two producers at once", static h =>
            h.Invoke(0, Operation.Send, Script.Sending("0-0")).Invoke(1, Operation.Send, Script.Sending("1-0"))
                .End(1, Operation.Send, Script.Sending("0=1-0")).End(0, Operation.Send, Script.Sending("1=0-0")).Final("0=1-0 1=0-0", 2)),

        Flagged("L11", "the end lies below an acknowledged message", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").EndOffset(1, 1).Final("0=0-0 1=0-1", 2)),
        Flagged("L11", "a reader from the end starts at an acknowledged message", static h => h.Send(0, "0=0-0").Assign(1, 0, fromEnd: true).Final("0=0-0", 1)),
        Clean("L11", "the end was asked for before the acknowledgement", static h =>
            h.Invoke(1, Operation.EndOffset, new EndOffsetValue { Topic = "t", Partition = 0 }).Send(0, "0=0-0")
                .End(1, Operation.EndOffset, new EndOffsetValue { Topic = "t", Partition = 0, End = 0 }).Final("0=0-0", 1)),

        Flagged("L12", "the end goes back", static h => h.EndOffset(1, 5).EndOffset(1, 4)),
        Flagged("L12", "the start goes back, between polls", static h => h.Poll(1, "", from: 5, start: 3).Poll(1, "", from: 5, start: 2)),
        Flagged("L12", "the last stable offset goes back", static h => h.EndOffset(1, 5, stable: 5).EndOffset(1, 6, stable: 4)),
        Clean("L12", "two clients", static h => h.EndOffset(1, 5).EndOffset(2, 4)),
        Clean("L12", "a follower that is behind", static h => h.EndOffset(1, 5).Poll(1, "", from: 0, end: 4, follower: true)),

        Flagged("L13", "gone before its time", static h => h.Topic(static topic => topic with { RetentionMillis = 60_000 }).Send(0, "0=0-0").Send(0, "1=0-1").Final("1=0-1", 2, start: 1)),
        Flagged("L13", "the newest of its key is gone", static h => h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").Send(0, "1=0-1:b").Final("1=0-1:b", 2)),
        Flagged("L13", "a deleted key is back", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").Send(0, "1=0-1:-a", idempotent: true).Final("0=0-0:a", 2)),
        Flagged("L13", "renumbered", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").Send(0, "1=0-1:b", idempotent: true).Poll(1, "1=0-1:b", from: 1).Final("2=0-1:b 0=0-0:a", 3)),
        Clean("L13", "retention did it, in time", static h => h.Topic(static topic => topic with { RetentionMillis = 100 }).Send(0, "0=0-0").Wait(500).Send(0, "1=0-1").Final("1=0-1", 2, start: 1)),
        Shown("L5", "sent twice without identity to a compacted topic", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").Poll(1, "0=0-0:a", from: 0).Final("0=0-0:a 1=0-0:a", 2)),
        Clean("L13", "perhaps deleted, and the deletion compacted away too", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").IsUnknown().Send(1, "0-1:-a", idempotent: true).Send(2, "2=0-2:b").Final("2=0-2:b", 3)),
        Clean("L13", "lost with the leader that alone had acknowledged it", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(1, "0=1-0:b").Send(0, "1=0-0:a", acks: SendAcks.Leader).Final("0=1-0:b", 1)),
        Clean("L13", "superseded and compacted", static h => h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").Send(0, "1=0-1:a").Final("1=0-1:a", 2)),
        Clean("L13", "deleted, and the deletion is still there", static h =>
            h.Topic(static topic => topic with { Cleanup = TopicCleanup.Compact }).Send(0, "0=0-0:a").Send(0, "1=0-1:-a", idempotent: true).Final("0=0-0:a 1=0-1:-a", 2)),

        Flagged("L14", "one replica lacks a message", static h => h.IsUnknown().Send(0, "0-0").Send(1, "1=1-0").Final("0=0-0 1=1-0", 2).Final("1=1-0", 2, at: "2")),
        Flagged("L14", "another digest on one replica", static h => h.Send(0, "0=0-0").Final("0=0-0#1", 1).Final("0=0-0#2", 1, at: "2")),
        Flagged("L14", "other bytes in a batch", static h => h.Send(0, "0=0-0").Final("0=0-0", 1, batches: new BatchDigest(0, 0, 1)).Final("0=0-0", 1, at: "2", batches: new BatchDigest(0, 0, 2))),
        Clean("L14", "one replica ends earlier, and nobody said that it is in sync", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").Final("0=0-0 1=0-1", 2).Final("0=0-0", 1, at: "2")),
        Flagged("L14", "one replica serves less after all was said to be well", static h => h.Phase(RunPhase.Recovered).Send(0, "0=0-0").Send(0, "1=0-1").Final("0=0-0 1=0-1", 2).Final("0=0-0", 1, at: "2")),
        Flagged("L14", "one replica that is in sync serves less", static h => h.Send(0, "0=0-0").Send(0, "1=0-1").Leader("1", 3, 7).Final("0=0-0 1=0-1", 2).Final("0=0-0", 1, at: "2")),
        Flagged("L14", "one replica that is in sync serves nothing", static h => h.Send(0, "0=0-0").Leader("1", 3, 7).Final("0=0-0", 1).Final("", 0, at: "2")),
        Clean("L14", "one replica serves less, and is out of sync by the newest word", static h =>
            h.Phase(RunPhase.Recovered).Send(0, "0=0-0").Send(0, "1=0-1").At("2").Leader("1", 3, 7, "1").At("1").Leader("1", 3, 6).Final("0=0-0 1=0-1", 2).Final("0=0-0", 1, at: "2")),
        Flagged("L14", "the files of one replica end earlier than what it serves", static h =>
            h.Phase(RunPhase.Recovered).Send(0, "0=0-0").Send(0, "1=0-1").FinalFiles("0=0-0 1=0-1", 2, 2, "1").FinalFiles("0=0-0 1=0-1", 2, 1, "2")),
        Flagged("L14", "the files of the only replica end earlier than what it serves", static h => h.Phase(RunPhase.Recovered).Send(0, "0=0-0").FinalFiles("0=0-0", 1, 0, "2")),
        Clean("L14", "the files of one replica end later", static h =>
            h.Phase(RunPhase.Recovered).Send(0, "0=0-0").FinalFiles("0=0-0", 1, 1, "1").FinalFiles("0=0-0", 1, 2, "2")),

        Flagged("L15", "it never works again", static h => h.Fault(1, FaultEdge.Begin).Fault(1, FaultEdge.End).Wait(500).As(EventType.Info).Probe()),
        Flagged("L15", "it works again too late", static h => h.Fault(1, FaultEdge.Begin).Fault(1, FaultEdge.End).As(EventType.Info).Probe().Wait(500).Probe()),
        Flagged("L15", "the cluster says that it is not well", static h => h.Phase(RunPhase.Healed).Fails("no quorum").Phase(RunPhase.Recovered)),
        Clean("L15", "it works again in time", static h => h.Fault(1, FaultEdge.Begin).Wait(500).Fault(1, FaultEdge.End).As(EventType.Info).Probe().Wait(50).Probe()),
    ];
}
