using GoQueue.History.Events;
using static GoQueue.History.Tests.Checking.Case;

namespace GoQueue.History.Tests.Checking.Cases;

/// <summary>Delayed messages, D1 to D6. The bound of the clocks is 10 ms, that of lateness 100 ms.</summary>
internal static class DelayCases
{
    private const long Second = 1_000_000_000;

    public static readonly Case[] All =
    [
        Flagged("D1", "before its time", static h => h.Schedule(0, "0-0", Second).Poll(1, "5=0-0", from: 5)),
        Clean("D1", "before its time by less than the clocks differ", static h => h.Schedule(0, "0-0", Second).Wait(993).Poll(1, "5=0-0", from: 5)),

        Flagged("D2", "due, and nowhere", static h => h.Schedule(0, "0-0", Second).Wait(2000).Pending().Final("", 9)),
        Clean("D2", "not due yet", static h => h.Schedule(0, "0-0", 9 * Second).Wait(2000).Pending("0-0").Final("", 9)),
        Clean("D2", "cancelled, perhaps", static h => h.Schedule(0, "0-0", Second).IsUnknown().Cancel(0, "0-0").Wait(2000).Pending().Final("", 9)),
        Clean("D2", "never accepted", static h => h.IsUnknown().Schedule(0, "0-0", Second).Wait(2000).Pending().Final("", 9)),

        Flagged("D3", "twice", static h => h.Schedule(0, "0-0", Second).Wait(1100).Final("5=0-0 6=0-0", 9)),
        Shown("D3", "twice, where once is not promised", static h => h.Configure(static run => run with { IsDelayExactlyOnce = false }).Schedule(0, "0-0", Second).Wait(1100).Final("5=0-0 6=0-0", 9)),
        Clean("D3", "read twice", static h => h.Schedule(0, "0-0", Second).Wait(1100).Poll(1, "5=0-0", from: 5).Final("5=0-0", 9)),

        Flagged("D4", "delivered after it was cancelled", static h => h.Schedule(0, "0-0", Second).Cancel(0, "0-0").Wait(1100).Final("5=0-0", 9)),
        Flagged("D4", "cancelled after it was delivered", static h => h.Schedule(0, "0-0", Second).Wait(1100).Poll(1, "5=0-0", from: 5).Cancel(0, "0-0").Final("5=0-0", 9)),
        Clean("D4", "the cancel was refused", static h => h.Schedule(0, "0-0", Second).Wait(1100).Poll(1, "5=0-0", from: 5).Fails("ALREADY_DELIVERED").Cancel(0, "0-0").Final("5=0-0", 9)),

        Flagged("D5", "a reader at the end does not find it long after", static h => h.Schedule(0, "0-0", Second).Wait(1500).Poll(1, "", from: 5, end: 5).Wait(1000).Poll(1, "5=0-0", from: 5, end: 6)),
        Clean("D5", "a fault was active", static h => h.Schedule(0, "0-0", Second).Fault(1, FaultEdge.Begin).Wait(1500).Poll(1, "", from: 5, end: 5).Fault(1, FaultEdge.End).Wait(1000).Poll(1, "5=0-0", from: 5, end: 6)),
        Clean("D5", "visible in time, and read much later", static h => h.Schedule(0, "0-0", Second).Wait(1500).Poll(1, "", from: 6, end: 6).Wait(1000).Poll(2, "5=0-0", from: 5, end: 6)),

        Flagged("D6", "two of a key that were due together are turned round", static h => h.Schedule(0, "0-0:k", Second).Schedule(0, "0-1:k", Second).Wait(1100).Final("5=0-1:k 6=0-0:k", 9)),
        Clean("D6", "other keys, other times", static h => h
            .Schedule(0, "0-0:k", Second).Schedule(0, "0-1:j", Second).Schedule(0, "0-2:k", Second - 1).Wait(1100).Final("4=0-2:k 5=0-1:j 6=0-0:k", 9)),
    ];
}
