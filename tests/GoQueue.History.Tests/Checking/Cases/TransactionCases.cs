using GoQueue.History.Events;
using GoQueue.History.Format;
using static GoQueue.History.Tests.Checking.Case;
using static GoQueue.History.Tests.Checking.Script;

namespace GoQueue.History.Tests.Checking.Cases;

/// <summary>Transactions and producers, T1 to T11.</summary>
internal static class TransactionCases
{
    public static readonly Case[] All =
    [
        Flagged("T1", "two transactions interleave in a cycle", static h => h
            .Begin(0, "x", 1, Sends("0-0"), Sends("0-1", 1)).Begin(1, "y", 1, Sends("1-0"), Sends("1-1", 1))
            .Over(0, "x", 1, null, Sends("0=0-0"), Sends("1=0-1", 1)).Over(1, "y", 1, null, Sends("1=1-0"), Sends("0=1-1", 1))
            .Final("0=0-0 1=1-0", 2).Final("0=1-1 1=0-1", 2, partition: 1)),
        Clean("T1", "one before the other in both partitions", static h => h
            .Begin(0, "x", 1, Sends("0-0"), Sends("0-1", 1)).Begin(1, "y", 1, Sends("1-0"), Sends("1-1", 1))
            .Over(0, "x", 1, null, Sends("0=0-0"), Sends("0=0-1", 1)).Over(1, "y", 1, null, Sends("1=1-0"), Sends("1=1-1", 1))
            .Final("0=0-0 1=1-0", 2).Final("0=0-1 1=1-1", 2, partition: 1)),

        Flagged("T2", "a message of an aborted transaction is read", static h => h.Fails().Transaction(0, "x", 1, Sends("0-0")).Poll(1, "0=0-0", from: 0).Final("0=0-0", 1)),
        Clean("T2", "by one who asked for everything", static h => h.Fails().Transaction(0, "x", 1, Sends("0-0")).Poll(1, "0=0-0", from: 0, isolation: ReadIsolation.Uncommitted).Final("", 2)),
        Clean("T2", "nobody knows whether it was aborted", static h => h.IsUnknown().Transaction(0, "x", 1, Sends("0-0")).Poll(1, "0=0-0", from: 0).Final("0=0-0", 2)),

        Flagged("T3", "half of it is there", static h => h.IsUnknown().Transaction(0, "x", 1, Sends("0-0"), Sends("0-1", 1)).Final("0=0-0", 2).Final("", 1, partition: 1)),
        Flagged("T3", "committed, and half of it is there", static h => h.Transaction(0, "x", 1, Sends("0=0-0"), Sends("0=0-1", 1)).Final("0=0-0", 2).Final("", 1, partition: 1)),
        Flagged("T3", "the messages are there, the offset is not", static h =>
            h.IsUnknown().Transaction(0, "x", 1, Sends("0-0"), Commits(7, 1)).Final("0=0-0", 2).See(Operation.GroupOffsets, Offsets(null, 1))),
        Flagged("T3", "the offset is there, the messages are not", static h =>
            h.IsUnknown().Transaction(0, "x", 1, Sends("0-0"), Commits(7, 1)).Final("", 2).See(Operation.GroupOffsets, Offsets(7, 1))),
        Clean("T3", "nothing of it is there", static h =>
            h.IsUnknown().Transaction(0, "x", 1, Sends("0-0"), Sends("0-1", 1), Commits(7, 1)).Final("", 2).Final("", 1, partition: 1).See(Operation.GroupOffsets, Offsets(null, 1))),
        Clean("T3", "all of it is there", static h =>
            h.IsUnknown().Transaction(0, "x", 1, Sends("0-0"), Sends("0-1", 1), Commits(7, 1)).Final("0=0-0", 2).Final("0=0-1", 1, partition: 1).See(Operation.GroupOffsets, Offsets(7, 1))),

        Flagged("T4", "each read from the other", static h => h
            .Begin(0, "x", 1, Sends("0-0")).Begin(1, "y", 1, Sends("1-0", 1))
            .Over(0, "x", 1, null, Sends("0=0-0"), Polls("0=1-0", 1)).Over(1, "y", 1, null, Sends("0=1-0", 1), Polls("0=0-0"))
            .Final("0=0-0", 1).Final("0=1-0", 1, partition: 1)),
        Flagged("T4", "it read from one that began after it had ended", static h => h
            .Transaction(0, "x", 1, Polls("0=1-0", 1, from: 0)).Transaction(1, "y", 1, Sends("0=1-0", 1)).Final("0=1-0", 1, partition: 1)),
        Shown("T4", "only with the order of writes", static h => h
            .Begin(0, "x", 1, Sends("0-0")).Begin(1, "y", 1, Sends("1-0"), Sends("1-1", 1))
            .Over(0, "x", 1, null, Sends("0=0-0"), Polls("0=1-1", 1)).Over(1, "y", 1, null, Sends("1=1-0"), Sends("0=1-1", 1))
            .Final("0=0-0 1=1-0", 2).Final("0=1-1", 1, partition: 1)),
        Clean("T4", "one read from the other", static h => h
            .Begin(0, "x", 1, Sends("0-0")).Begin(1, "y", 1, Sends("1-0", 1))
            .Over(0, "x", 1, null, Sends("0=0-0")).Over(1, "y", 1, null, Sends("0=1-0", 1), Polls("0=0-0"))
            .Final("0=0-0", 1).Final("0=1-0", 1, partition: 1)),

        Flagged("T5", "a transaction reads its own", static h => h.Transaction(0, "x", 1, Sends("0=0-0"), Polls("0=0-0", from: 0)).Final("0=0-0", 1)),
        Flagged("T5", "somebody reads before it asked to commit", static h => h
            .Begin(0, "x", 1, Sends("0-0")).Poll(1, "0=0-0", from: 0).Wait(50).Over(0, "x", 1, h.Now, Sends("0=0-0")).Final("0=0-0", 1)),
        Clean("T5", "somebody reads before the answer came", static h => h
            .Begin(0, "x", 1, Sends("0-0")).Configure(run => run).Poll(1, "0=0-0", from: 0).Wait(50).Over(0, "x", 1, 1_500_000, Sends("0=0-0")).Final("0=0-0", 1)),

        Flagged("T6", "committed, and nothing is there", static h => h.Transaction(0, "x", 1, Sends("0=0-0 1=0-1")).Final("", 3)),
        Clean("T6", "committed, and in a topic that was deleted", static h => h.Transaction(0, "x", 1, Sends("0=0-0 1=0-1")).Topic(1, Operation.Delete, "t").Final("", 0)),

        Flagged("T7", "a late message of an aborted one becomes part of the next", static h => h
            .Fails().Transaction(0, "x", 1, Sends("0-0")).Transaction(0, "x", 2, Sends("0=0-1")).Final("0=0-1 1=0-0", 3)),
        Flagged("T7", "the batch tells another epoch", static h => h.IsUnknown().Transaction(0, "x", 1, Sends("0-0")).Final("0=0-0@2", 2)),
        Clean("T7", "one after the other", static h => h
            .Transaction(0, "x", 1, Sends("0=0-0")).Transaction(0, "x", 2, Sends("2=0-1")).Final("0=0-0@1 2=0-1@2", 4)),

        Flagged("T8", "a fenced producer commits", static h => h.Init(0, "x", 1).Init(1, "x", 2).Transaction(0, "x", 1, Sends("0=0-0")).Final("0=0-0", 1)),
        Flagged("T8", "a fenced producer's message becomes visible", static h => h.Init(0, "x", 1).Init(1, "x", 2).IsUnknown().Send(0, "0-0", producer: "x", epoch: 1).Final("0=0-0", 1)),
        Flagged("T8", "a fenced producer's send is acknowledged", static h => h.Init(0, "x", 1).Init(1, "x", 2).Send(0, "0=0-0", producer: "x", epoch: 1).Final("0=0-0", 1)),
        Clean("T8", "it had asked before it was fenced", static h => h
            .Init(0, "x", 1).Begin(0, "x", 1, Sends("0-0")).Init(1, "x", 2).Over(0, "x", 1, null, Sends("0=0-0")).Final("0=0-0", 1)),

        Flagged("T9", "an input without output", static h => Pipeline(h).Send(0, "0=0-0", topic: "in").Send(0, "1=0-1", topic: "in")
            .Transaction(1, "x", 1, Sends("0=1-0<0-0", topic: "out")).Final("0=0-0 1=0-1", 2, topic: "in").Final("0=1-0", 1, topic: "out").See(Operation.GroupOffsets, Committed(2)), "O4"),
        Flagged("T9", "an input with two outputs", static h => Pipeline(h).Send(0, "0=0-0", topic: "in")
            .Transaction(1, "x", 1, Sends("0=1-0<0-0", topic: "out")).Transaction(1, "x", 2, Sends("2=1-1<0-0", topic: "out")).Final("0=0-0", 1, topic: "in").Final("0=1-0 2=1-1", 4, topic: "out")),
        Clean("T9", "one output each, the rest is not committed", static h => Pipeline(h).Send(0, "0=0-0", topic: "in").Send(0, "1=0-1", topic: "in")
            .Transaction(1, "x", 1, Sends("0=1-0<0-0", topic: "out"), new TransactionStep { Commit = Committed(1) })
            .Fails().Transaction(1, "x", 2, Sends("1-1<0-1", topic: "out"), new TransactionStep { Commit = Committed(2) })
            .Final("0=0-0 1=0-1", 2, topic: "in").Final("0=1-0", 4, topic: "out").See(Operation.GroupOffsets, Committed(1))),

        Flagged("T10", "the last stable offset stands still", static h => h.EndOffset(0, 5, stable: 3).Wait(300).EndOffset(0, 6, stable: 3)),
        Clean("T10", "it moves, slowly", static h => h.EndOffset(0, 5, stable: 3).Wait(300).EndOffset(0, 6, stable: 4).Wait(300).EndOffset(0, 6, stable: 5)),
        Clean("T10", "a fault held it", static h => h.EndOffset(0, 5, stable: 3).Fault(1, FaultEdge.Begin).Wait(300).Fault(1, FaultEdge.End).EndOffset(0, 6, stable: 3)),

        Flagged("T11", "a false gap", static h => h.Send(0, "0=0-0", idempotent: true).Fails("OUT_OF_ORDER_SEQUENCE").Send(0, "0-1", idempotent: true).Final("0=0-0", 1)),
        Clean("T11", "it left one out", static h => h
            .IsUnknown().Send(0, "0-0", idempotent: true, producer: "p").Fails("OUT_OF_ORDER_SEQUENCE").Send(1, "0-1", idempotent: true, producer: "p").Final("", 0)),
    ];

    private static Script Pipeline(Script script) => script.Configure(static run => run with
    {
        Topics = [new TopicConfiguration { Name = "in", Partitions = 1 }, new TopicConfiguration { Name = "out", Partitions = 1 }],
        Pipelines = [new PipelineConfiguration { Input = "in", Output = "out", Group = "g" }],
    });

    private static GroupOffsetsValue Committed(long offset) => new() { Group = "g", Offsets = [Position(offset, 0, "in")] };
}
