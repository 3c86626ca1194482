using GoQueue.History.Events;
using static GoQueue.History.Tests.Checking.Case;
using static GoQueue.History.Tests.Checking.Script;

namespace GoQueue.History.Tests.Checking.Cases;

/// <summary>Consumer groups, O1 to O6.</summary>
internal static class GroupCases
{
    public static readonly Case[] All =
    [
        Flagged("O1", "an acknowledged commit is lost", static h => h.Commit(0, 5).Commit(0, 9).Committed(1, 5)),
        Flagged("O1", "it is there, and then not", static h => h.Commit(0, 5).IsUnknown().Commit(1, 9).Committed(2, 9).Committed(2, 5)),
        Flagged("O1", "the dump at the end lacks it", static h => h.Commit(0, 5).See(Operation.GroupOffsets, Offsets(null))),
        Flagged("O1", "an offset that nobody committed", static h => h.Commit(0, 5).Commit(0, 9).Committed(1, 7)),
        Clean("O1", "an unknown commit takes effect late", static h => h.Commit(0, 5).IsUnknown().Commit(1, 9).Committed(2, 5).Committed(2, 9)),
        Clean("O1", "read while it was being committed", static h =>
            h.Commit(0, 5).Invoke(0, Operation.Commit, Offsets(9)).Committed(1, 9).Committed(1, 9).End(0, Operation.Commit, Offsets(9))),
        Clean("O1", "it was reset", static h => h.Commit(0, 9).Reset(1, 2).Committed(1, 2)),
        Clean("O1", "another partition", static h => h.Commit(0, 9).Committed(1, null, partition: 1)),

        Flagged("O2", "an old generation commits", static h => h.Assigned(1, 1, "a", Position(0)).Assigned(2, 2, "b", Position(0)).Commit(1, 5, generation: 1)),
        Clean("O2", "it asked before the new generation was handed out", static h =>
            h.Assigned(1, 1, "a", Position(0)).Invoke(1, Operation.Commit, Offsets(5, generation: 1)).Assigned(2, 2, "b", Position(0)).End(1, Operation.Commit, Offsets(5, generation: 1))),
        Clean("O2", "it was refused", static h => h.Assigned(1, 1, "a", Position(0)).Assigned(2, 2, "b", Position(0)).Fails("FENCED").Commit(1, 5, generation: 1)),

        Flagged("O3", "two owners in one generation", static h => h.Assigned(1, 1, "a", Position(0)).Assigned(2, 1, "b", Position(0))),
        Clean("O3", "an owner after the other", static h => h.Assigned(1, 1, "a", Position(0)).Assigned(2, 2, "b", Position(0)).Assigned(1, 2, "a", Position(0, 1))),

        Flagged("O4", "committed further than anybody got", static h => h.Commit(0, 5).Committed(1, 6)),
        Clean("O4", "as far as it was read", static h => h.Send(9, "5=0-0").Poll(0, "5=0-0", group: "g").Commit(0, 6).Committed(1, 6).Final("5=0-0", 6)),

        Flagged("O5", "a member starts below the commit", static h => h.Commit(0, 5).Assigned(1, 2, "b", Position(4))),
        Clean("O5", "after a reset", static h => h.Commit(0, 5).Reset(0, 2).Assigned(1, 2, "b", Position(2))),
        Clean("O5", "a later commit of unknown outcome was lower", static h => h.Commit(0, 5).IsUnknown().Commit(2, 3).Assigned(1, 2, "b", Position(3))),

        Flagged("O6", "nobody owns it for long", static h => h.GroupState(1, ("a", [0])).Wait(200).GroupState(1, ("a", [0]))),
        Clean("O6", "for a moment", static h => h.GroupState(1, ("a", [0])).Wait(50).GroupState(1, ("a", [0, 1])).Wait(200).GroupState(1, ("a", [0]))),
        Clean("O6", "the group is empty", static h => h.GroupState(1).Wait(200).GroupState(1)),
        Clean("O6", "a fault was active", static h => h.Fault(1, FaultEdge.Begin).GroupState(1, ("a", [0])).Wait(200).GroupState(1, ("a", [0]))),
    ];
}
