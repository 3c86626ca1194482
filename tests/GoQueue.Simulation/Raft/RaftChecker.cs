using System.Buffers.Binary;
using GoQueue.Consensus.Core;
using GoQueue.Metadata.Quorum;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Raft;

/// <summary>
/// What must hold of all members together, after every step of one of them. Only what the step changed is looked at. Names of the properties are those of
/// the paper's figure 3; M ids are those of reliability.md 3.6.
/// </summary>
internal sealed class RaftChecker
{
    private readonly Dictionary<long, MemberId> leaders = [];
    private readonly Dictionary<(MemberId Voter, long Term), MemberId> votes = [];
    private readonly Dictionary<(long Index, long Term), (long PreviousTerm, ulong Content)> written = [];
    private readonly List<(long Term, ulong Content)> decided = [default];
    private readonly List<long> decidedIn = [0];
    private readonly List<ulong> applied = [0];
    private readonly List<(long Index, RaftConfiguration Members)> decidedMembers = [];

    /// <summary>Highest index that any member knows to be decided.</summary>
    public long Decided => decided.Count - 1;

    /// <summary>Highest index whose outcome somebody was told: every later read must show it.</summary>
    public long Told { get; private set; }

    public static ulong ContentOf(in RaftEntry entry)
    {
        ulong content = ((ulong)entry.Kind * 0x9E3779B97F4A7C15UL) + (ulong)entry.Payload.Length;
        ReadOnlySpan<byte> bytes = entry.Payload.Span;
        for (int i = 0; i < bytes.Length; i += 8)
        {
            ulong word = bytes.Length - i >= 8 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[i..]) : bytes[i];
            content = (content ^ word) * 0xD6E8FEB86659FD93UL;
            content ^= content >> 29;
        }

        return content;
    }

    /// <summary>The fold of everything up to the index, as the first member that applied it had it.</summary>
    public ulong DigestAt(long index) => applied[(int)index];

    /// <summary>M1, election safety and leader completeness.</summary>
    public void Leads(RaftMember member)
    {
        RaftCore core = member.Core!;
        if (!leaders.TryAdd(core.Term, core.Self))
        {
            SimulationFailure.Unless(leaders[core.Term] == core.Self, "M1", $"{core.Self} and {leaders[core.Term]} both lead term {core.Term}");
            return;
        }

        for (long index = Math.Max(1, core.Log.BaseIndex + 1); index <= Decided; index++)
        {
            // A late election of an earlier term is harmless: its leader decides nothing any more.
            SimulationFailure.Unless(
                core.Log.TermAt(index) == decided[(int)index].Term || decidedIn[(int)index] >= core.Term,
                "M4",
                $"{core.Self} leads term {core.Term} without entry {index} of term {decided[(int)index].Term}, which was decided in term {decidedIn[(int)index]} (leader completeness)");
        }
    }

    /// <summary>M4: one vote per member and term, whatever crashes come between.</summary>
    public void Votes(MemberId voter, long term, MemberId candidate)
    {
        if (!votes.TryAdd((voter, term), candidate))
        {
            SimulationFailure.Unless(votes[(voter, term)] == candidate, "M4", $"{voter} votes in term {term} for {candidate}, and did so for {votes[(voter, term)]}");
        }
    }

    /// <summary>M4, log matching: an index and a term name one entry, and with it the one before.</summary>
    public void Writes(RaftMember member, RaftEntry entry)
    {
        long previous = member.Core!.Log.TermAt(entry.Index - 1);
        ulong content = ContentOf(entry);
        if (!written.TryAdd((entry.Index, entry.Term), (previous, content)))
        {
            (long knownPrevious, ulong known) = written[(entry.Index, entry.Term)];
            SimulationFailure.Unless(known == content, "M4", $"{member.Core.Self} writes another entry {entry.Index} of term {entry.Term} than somebody before");
            SimulationFailure.Unless(
                previous < 0 || knownPrevious < 0 || knownPrevious == previous,
                "M4",
                $"{member.Core.Self} writes entry {entry.Index} of term {entry.Term} behind one of term {previous}, others have it behind term {knownPrevious}");
        }
    }

    /// <summary>State machine safety: what one member takes for decided is decided for all, and stays so. A leader decides only what a majority has on its devices.</summary>
    public void Decides(RaftMember member, long from, long to, IReadOnlyList<RaftMember> members)
    {
        RaftCore core = member.Core!;
        SimulationFailure.Unless(
            core.Role != RaftRole.Leader || core.Log.TermAt(to) == core.Term || core.Configuration.Voters.Count == 1,
            "M4",
            $"{core.Self} leads term {core.Term} and decides up to {to}, an entry of term {core.Log.TermAt(to)}: counting decides entries of the own term only (paper 5.4.2)");
        for (long index = from; index <= to; index++)
        {
            if (!core.Log.Holds(index))
            {
                continue;
            }

            RaftEntry entry = core.Log[index];
            if (index < decided.Count)
            {
                SimulationFailure.Unless(
                    decided[(int)index] == (entry.Term, ContentOf(entry)),
                    "M4",
                    $"{core.Self} takes entry {index} of term {entry.Term} for decided; it was decided with term {decided[(int)index].Term} or another content");
                continue;
            }

            SimulationFailure.Unless(index == decided.Count, "M4", $"{core.Self} decides {index}, and {decided.Count} was not decided yet");
            decided.Add((entry.Term, ContentOf(entry)));
            decidedIn.Add(core.Term);
            if (core.Role == RaftRole.Leader)
            {
                CheckMajority(core, entry, members);
            }

            if (entry.Kind == RaftEntryKind.Configuration)
            {
                decidedMembers.Add((index, core.ConfigurationAt(index)));
            }
        }
    }

    /// <summary>State digests are equal at equal position.</summary>
    public ulong Applies(RaftMember member, long index, ulong before)
    {
        RaftEntry entry = member.Core!.Log[index];
        ulong after = (before ^ ContentOf(entry)) * 0x9FB21C651E98DF25UL;
        after ^= after >> 31;
        if (index == applied.Count)
        {
            applied.Add(after);
        }

        SimulationFailure.Unless(index < applied.Count && applied[(int)index] == after, "M4", $"{member.Core.Self} applies {index} and gets another state than others did");
        return after;
    }

    public void Tells(long index)
    {
        SimulationFailure.Unless(index <= Decided, "M4", $"entry {index} was reported as decided; {Decided} are");
        Told = Math.Max(Told, index);
    }

    /// <summary>A read sees everything that anybody was told of before it was asked for (linearizable reads, thesis 6.4).</summary>
    public void Reads(RaftMember member, long index, long toldBefore) => SimulationFailure.Unless(
        index >= toldBefore, "M5", $"{member.Core!.Self} serves a read at {index}; when it was asked for, {toldBefore} was known to be decided (stale read)");

    /// <summary>
    /// M7: one voter more or less at a time, and every majority of the new members meets every majority of those that were decided last before them: else two parts of the
    /// group could decide without each other, even if each step by itself was a small one.
    /// </summary>
    public void Changes(RaftCore core, long index)
    {
        RaftConfiguration before = core.ConfigurationAt(index - 1);
        RaftConfiguration after = core.ConfigurationAt(index);
        int added = after.Voters.Count(voter => !before.IsVoter(MemberId.Of(voter)));
        int removed = before.Voters.Count(voter => !after.IsVoter(MemberId.Of(voter)));
        SimulationFailure.Unless(added + removed <= 1, "M7", $"{before} becomes {after}: more than one voter at once");

        // Of a leader that does not know that others lead, only what its own log has in common with what is decided.
        (long at, RaftConfiguration? decidedBefore) = decidedMembers.FindLast(known => known.Index < index && core.Log.TermAt(known.Index) == decided[(int)known.Index].Term);
        SimulationFailure.Unless(
            decidedBefore is null || MajoritiesMeet(decidedBefore, after),
            "M7",
            $"{core.Self} changes to {after} at {index} in term {core.Term}; the last that were decided, at {at}, are {decidedBefore}: a majority of each can do without the other");
    }

    /// <summary>No majority of one is without a member of every majority of the other.</summary>
    internal static bool MajoritiesMeet(RaftConfiguration one, RaftConfiguration other)
    {
        int shared = one.Voters.Count(voter => other.IsVoter(MemberId.Of(voter)));
        int oneNeeds = Math.Max(0, one.Majority - (one.Voters.Count - shared));
        int otherNeeds = Math.Max(0, other.Majority - (other.Voters.Count - shared));
        return oneNeeds + otherNeeds > shared;
    }

    /// <summary>
    /// Counted on the devices themselves: an entry that is decided survives the loss of power of everybody. Only the members count that the leader has in its log now, decided
    /// or not (paper section 6): M7 where a majority of those before them has it, and not one of theirs.
    /// </summary>
    private void CheckMajority(RaftCore core, in RaftEntry entry, IReadOnlyList<RaftMember> members)
    {
        int holders = Holders(core.Configuration, entry, members);
        if (holders >= core.Configuration.Majority)
        {
            return;
        }

        RaftConfiguration before = decidedMembers.Count > 0 ? decidedMembers[^1].Members : core.ConfigurationAt(entry.Index - 1);
        bool isOfOldMembers = before != core.Configuration && Holders(before, entry, members) >= before.Majority;
        throw new SimulationFailure(
            isOfOldMembers ? "M7" : "M4",
            $"{core.Self} decides entry {entry.Index} of term {entry.Term}; {holders} of {core.Configuration.Voters.Count} voters have it on their devices"
            + (isOfOldMembers ? $": {core.Configuration} are the members, and {before} were counted" : ""));
    }

    private static int Holders(RaftConfiguration configuration, RaftEntry entry, IReadOnlyList<RaftMember> members)
    {
        int holders = 0;
        foreach (QuorumMember voter in configuration.Voters)
        {
            // A member that lost its disk after it had acknowledged still counts for its leader; the fault is within what the others bear.
            RaftMember? there = members.FirstOrDefault(member => member.Id == MemberId.Of(voter));
            holders += there is null || there.Disk.Has(entry.Index, entry.Term) ? 1 : 0;
        }

        return holders;
    }
}
