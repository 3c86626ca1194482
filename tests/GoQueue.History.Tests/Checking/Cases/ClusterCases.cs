using GoQueue.History.Events;
using static GoQueue.History.Tests.Checking.Case;

namespace GoQueue.History.Tests.Checking.Cases;

/// <summary>Metadata and its log, M1 to M7.</summary>
internal static class ClusterCases
{
    public static readonly Case[] All =
    [
        Flagged("M1", "two leaders of a partition in one epoch", static h => h.Leader("1", 4).At("2").Leader("2", 4)),
        Flagged("M1", "two leaders of one term", static h => h.At("1").Raft(RaftFact.Leads, 7).At("2").Raft(RaftFact.Leads, 7)),
        Clean("M1", "one after the other, and nobody between", static h => h.Leader("1", 4).At("2").Leader(null, 5).At("1").Leader(null, 5).At("2").Leader("2", 6)),

        Flagged("M2", "the epoch of a partition goes back", static h => h.Leader("1", 4).Leader("2", 3)),
        Flagged("M2", "the version of a node goes back", static h => h.Metadata(9).Metadata(8)),
        Clean("M2", "another node is behind", static h => h.Leader("1", 4).At("2").Leader("2", 3)),
        Clean("M2", "it was started again", static h => h.Metadata(9, boot: "a").Metadata(8, boot: "b")),

        Flagged("M3", "not eligible", static h => h.Leader("1", 4, change: 10, inSync: "1 2").Leader("3", 5, change: 11, inSync: "3")),
        Flagged("M3", "permitted, and nobody wrote it down", static h => h.Leader("1", 4, change: 10, unclean: true).Leader("3", 5, change: 11, inSync: "3")),
        Clean("M3", "permitted and written down", static h => h.Leader("1", 4, change: 10, unclean: true).Leader("3", 5, change: 11, inSync: "3").Audit(5)),
        Clean("M3", "in sync, or eligible", static h => h.Leader("1", 4, change: 10).Leader("2", 5, change: 11, inSync: "2", eligible: "3").Leader("3", 6, change: 12, inSync: "3")),
        Clean("M3", "changes between were not seen", static h => h.Leader("1", 4, change: 10).Leader("3", 5, change: 12, inSync: "3")),

        Flagged("M4", "two entries at one place", static h => h.At("1").Raft(RaftFact.Entry, 2, 5, "x").At("2").Raft(RaftFact.Entry, 2, 5, "y")),
        Flagged("M4", "two votes in one term", static h => h.Raft(RaftFact.Vote, 2, candidate: "1").Raft(RaftFact.Vote, 2, candidate: "2")),
        Flagged("M4", "two states of one version", static h => h.At("1").Metadata(5, "x").At("2").Metadata(5, "y")),
        Clean("M4", "an entry that was replaced in a later term", static h => h.At("1").Raft(RaftFact.Entry, 2, 5, "x").At("2").Raft(RaftFact.Entry, 3, 5, "y").Raft(RaftFact.Vote, 3, candidate: "1").Raft(RaftFact.Vote, 3, candidate: "1")),

        Flagged("M5", "created twice", static h => h.Topic(0, Operation.Create, "a").Topic(1, Operation.Create, "a")),
        Flagged("M5", "a change is lost", static h => h.Config(0, Operation.CasConfig, null, "1").Config(0, Operation.CasConfig, "1", "2").Config(1, Operation.ReadConfig, null, "1")),
        Flagged("M5", "a stale compare-and-set worked", static h => h.Config(0, Operation.CasConfig, null, "1").Config(0, Operation.CasConfig, "1", "2").Config(1, Operation.CasConfig, "1", "3")),
        Flagged("M5", "refused though it is there", static h => h.Topic(0, Operation.Create, "a").Fails("UNKNOWN_TOPIC").Topic(1, Operation.Delete, "a")),
        Flagged("M5", "not seen though it was created", static h => h.Topic(0, Operation.Create, "a").Topic(1, Operation.Exists, "a", isThere: false)),
        Clean("M5", "created twice with an unknown deletion between", static h => h.Topic(0, Operation.Create, "a").IsUnknown().Topic(1, Operation.Delete, "a").Topic(2, Operation.Create, "a")),
        Clean("M5", "a stale read while the change was under way", static h =>
            h.Config(0, Operation.CasConfig, null, "1").Invoke(0, Operation.CasConfig, new ConfigValue { Topic = "t", Key = "c", Expected = "1", Value = "2" })
                .Config(1, Operation.ReadConfig, null, "1").End(0, Operation.CasConfig, new ConfigValue { Topic = "t", Key = "c", Expected = "1", Value = "2" })),
        Clean("M5", "a refused compare-and-set", static h => h.Config(0, Operation.CasConfig, null, "1").Fails("PRECONDITION_FAILED").Config(1, Operation.CasConfig, "2", "3")),

        Flagged("M6", "a deleted topic is back", static h => h.Topic(0, Operation.Create, "a", id: "x").Topic(0, Operation.Delete, "a", id: "x").Topics(current: true, ("a", "x"))),
        Flagged("M6", "a topic that was deleted by its name is back", static h => h.Topic(0, Operation.Create, "a", id: "x").Topic(0, Operation.Delete, "a").Topics(current: true, ("a", "x"))),
        Flagged("M6", "gone unasked", static h => h.Topic(0, Operation.Create, "a", id: "x").Topics(current: true)),
        Flagged("M6", "gone unasked, and made by somebody else", static h => h.Topics(current: true, ("a", "x")).Topics(current: true)),
        Clean("M6", "there from the begin, deletion asked for", static h => h.Topics(current: true, ("a", "x")).Topic(0, Operation.Delete, "a").IsUnknown().Topics(current: true)),
        Clean("M6", "created again", static h =>
            h.Topic(0, Operation.Create, "a", id: "x").Topic(0, Operation.Delete, "a", id: "x").Topic(0, Operation.Create, "a", id: "y").Topics(current: true, ("a", "y"))),
        Clean("M6", "created while it was being deleted by its name", static h =>
            h.Invoke(1, Operation.Delete, new TopicValue { Topic = "a" }).Topic(0, Operation.Create, "a", id: "y").End(1, Operation.Delete, new TopicValue { Topic = "a" }).Topics(current: true, ("a", "y"))),
        Clean("M6", "a node that is behind", static h => h.Topic(0, Operation.Create, "a", id: "x").Topics(current: false)),

        Flagged("M7", "two nodes replaced at once", static h => h.Raft(RaftFact.Config, index: 1, nodes: "1 2 3").Raft(RaftFact.Config, index: 2, nodes: "3 4 5")),
        Flagged("M7", "a removed node was counted", static h =>
            h.Raft(RaftFact.Config, index: 1, nodes: "1 2 3").Raft(RaftFact.Config, index: 5, nodes: "1 2").Raft(RaftFact.Counted, index: 6, nodes: "1 3")),
        Clean("M7", "one by one", static h =>
            h.Raft(RaftFact.Config, index: 1, nodes: "1 2 3").Raft(RaftFact.Config, index: 2, nodes: "1 2 3 4").Raft(RaftFact.Config, index: 3, nodes: "2 3 4").Raft(RaftFact.Counted, index: 2, nodes: "1 3 4")),
    ];
}
