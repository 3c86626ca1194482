using GoQueue.History.Events;
using static GoQueue.History.Tests.Checking.Case;
using static GoQueue.History.Tests.Checking.Script;

namespace GoQueue.History.Tests.Checking.Cases;

/// <summary>Queues, Q1 to Q8. The bound of the clocks is 10 ms.</summary>
internal static class QueueCases
{
    public static readonly Case[] All =
    [
        Flagged("Q1", "nowhere at the end", static h => Queue(h).Send(0, "0=0-0").Send(0, "1=0-1").Receive(1, Delivered("0-0")).Ack(1, "0-0").Queue()),
        Clean("Q1", "in the queue, acked, rejected, or a dead letter", static h => Queue(h).Send(0, "0=0-0").Send(0, "1=0-1").Send(0, "2=0-2").Send(0, "3=0-3")
            .Receive(1, Delivered("0-0"), Delivered("0-3")).IsUnknown().Ack(1, "0-0").Settle(2, Operation.Reject, "0-3").DeadLetters("0-2").Queue(("0-1", QueuedState.Available))),

        Flagged("Q2", "handed out after its ack", static h => Queue(h).Send(0, "0=0-0").Receive(1, Delivered("0-0")).Ack(1, "0-0").Receive(2, Delivered("0-0", 2))),
        Clean("Q2", "the receive was called before the ack was answered", static h => Queue(h).Send(0, "0=0-0").Receive(1, Delivered("0-0"))
            .Invoke(2, Operation.Receive, Receiving(1000)).Ack(1, "0-0").End(2, Operation.Receive, Receiving(1000, Delivered("0-0", 2)))),

        Flagged("Q3", "two consumers at once", static h => Queue(h).Send(0, "0=0-0").Receive(1, Delivered("0-0")).Receive(2, Delivered("0-0", 2))),
        Shown("Q3", "the lease was lost with its leader", static h => Queue(h).Configure(static run => run with { DoLeasesSurviveFaults = false }).Send(0, "0=0-0").Receive(1, Delivered("0-0"))
            .Fault(1, FaultEdge.Begin).Fault(1, FaultEdge.End).Receive(2, Delivered("0-0", 2))),
        Clean("Q3", "the first lease had ended", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(200).Receive(2, Delivered("0-0", 2))),
        Clean("Q3", "the first holder gave it back", static h => Queue(h).Send(0, "0=0-0").Receive(1, Delivered("0-0")).Settle(1, Operation.Nack, "0-0").Receive(2, Delivered("0-0", 2))),

        Flagged("Q4", "an ack with an expired receipt", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(500).Ack(1, "0-0")),
        Flagged("Q4", "an ack with a replaced receipt", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(100).Receive(2, 1000, Delivered("0-0", 2)).Ack(1, "0-0")),
        Clean("Q4", "it was refused", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(500).Fails("EXPIRED").Ack(1, "0-0")),
        Clean("Q4", "it had been extended", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(50).Settle(1, Operation.Extend, "0-0", lease: 1000).Wait(500).Ack(1, "0-0")),

        Flagged("Q5", "counted too low", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(200).Receive(2, Delivered("0-0", 1, "other", again: true))),
        Flagged("Q5", "more often than allowed", static h => Queue(h).Topic(static topic => topic with { MaxDeliveries = 1 }).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(200).Receive(2, Delivered("0-0", 2))),
        Flagged("Q5", "acked and a dead letter", static h => Queue(h).Send(0, "0=0-0").Receive(1, Delivered("0-0")).Ack(1, "0-0").DeadLetters("0-0")),
        Clean("Q5", "counted higher than was seen: an answer was lost", static h => Queue(h).Send(0, "0=0-0").Receive(1, Delivered("0-0", 3)).Ack(1, "0-0", 3).DeadLetters()),

        Flagged("Q6", "not marked", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(200)
            .Do(2, Operation.Receive, Receiving(100, Delivered("0-0", 2) with { IsRedelivered = false }))),
        Clean("Q6", "marked", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(200).Receive(2, 100, Delivered("0-0", 2))),

        Flagged("Q7", "the second of a key before the first is settled", static h => Fifo(h).Send(0, "0=0-0:k").Send(0, "1=0-1:k").Receive(1, Delivered("0-0")).Receive(2, Delivered("0-1"))),
        Flagged("Q7", "turned round in one answer", static h => Fifo(h).Send(0, "0=0-0:k").Send(0, "1=0-1:k").Receive(1, Delivered("0-1"), Delivered("0-0"))),
        Clean("Q7", "after the first was acked, together, or of another key", static h => Fifo(h).Send(0, "0=0-0:k").Send(0, "1=0-1:k").Send(0, "2=0-2:k").Send(0, "3=0-3:j")
            .Receive(1, Delivered("0-0")).Receive(2, Delivered("0-3")).Ack(1, "0-0").Receive(2, Delivered("0-1"), Delivered("0-2"))),
        Clean("Q7", "the first became a dead letter", static h => Fifo(h).Send(0, "0=0-0:k").Send(0, "1=0-1:k").Receive(1, 100, Delivered("0-0")).Wait(500).Receive(2, Delivered("0-1")).DeadLetters("0-0")),

        Flagged("Q8", "its lease ended, and nobody gets it", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(1000).Receive(2).Queue(("0-0", QueuedState.Acquired))),
        Clean("Q8", "its lease has not ended for long", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(150).Receive(2).Queue(("0-0", QueuedState.Acquired))),
        Clean("Q8", "nobody asked", static h => Queue(h).Send(0, "0=0-0").Receive(1, 100, Delivered("0-0")).Wait(1000).Queue(("0-0", QueuedState.Available))),
    ];

    private static Script Queue(Script script) => script.Topic(static topic => topic with { Queues = ["g"] });

    private static Script Fifo(Script script) => Queue(script).Topic(static topic => topic with { HasOrderedKeys = true });
}
