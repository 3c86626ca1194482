using GoQueue.Core;

namespace GoQueue.Consensus.Core;

/// <content>Following a leader: entries, heartbeats (paper section 5.3).</content>
internal sealed partial class RaftCore
{
    /// <summary>Known to agree with the log of the leader followed now.</summary>
    private long verified;

    /// <summary>Told to the leader already.</summary>
    private long acknowledged;

    private void OnAppend(MemberId from, RaftMessage.Append append)
    {
        if (append.Term < Term)
        {
            Send(from, new RaftMessage.AppendAccepted(Term, 0, mayVote)); // tells a leader of the past about the term
            return;
        }

        Invariant.Check(Role != RaftRole.Leader, "a term has one leader");
        if (!IsSound(append))
        {
            return;
        }

        HeardLeader(from);
        if (installing is not null)
        {
            return;
        }

        if (append.PreviousIndex < Log.BaseIndex)
        {
            // Compacted here, so decided: the leader learns where to go on.
            verified = Math.Max(verified, Log.BaseIndex);
            Send(from, new RaftMessage.AppendAccepted(Term, Math.Min(verified, Durable), mayVote));
            return;
        }

        if (Log.TermAt(append.PreviousIndex) != append.PreviousTerm)
        {
            long hint = Log.FindConflict(append.PreviousIndex, append.PreviousTerm);
            Send(from, new RaftMessage.AppendRejected(Term, append.PreviousIndex, hint, Math.Max(Log.TermAt(hint), 0)));
            return;
        }

        TakeEntries(append.Entries);
        verified = Math.Max(verified, append.PreviousIndex + append.Entries.Count);

        // Never beyond what this very message vouched for (paper, figure 2, rule 5 of AppendEntries).
        RaiseCommit(Math.Min(append.Commit, append.PreviousIndex + append.Entries.Count));
        if (verified <= Durable || Has(RaftFaults.CountBeforeFlush))
        {
            acknowledged = verified;
            Send(from, new RaftMessage.AppendAccepted(Term, verified, mayVote));
        }
    }

    /// <summary>The parts of a message fit each other; one that does not is not from a member that keeps the rules.</summary>
    private static bool IsSound(RaftMessage.Append append)
    {
        long index = append.PreviousIndex;
        long term = append.PreviousTerm;
        foreach (RaftEntry entry in append.Entries)
        {
            bool isReadable = entry.Kind != RaftEntryKind.Configuration || RaftConfiguration.TryRead(entry.Payload.Span) is not null;
            if (entry.Index != ++index || entry.Term < term || entry.Term > append.Term || !isReadable)
            {
                return false;
            }

            term = entry.Term;
        }

        return append.PreviousIndex >= 0 && append.PreviousTerm >= 0;
    }

    private void TakeEntries(IReadOnlyList<RaftEntry> entries)
    {
        int first = 0;
        while (first < entries.Count && Log.TermAt(entries[first].Index) == entries[first].Term)
        {
            first++;
        }

        if (first == entries.Count)
        {
            return;
        }

        long from = entries[first].Index;
        if (from <= Log.LastIndex)
        {
            Invariant.Check(from > Commit, "what is decided is never replaced", Commit + 1, from);
            TruncateFrom(from);
        }

        List<RaftEntry> added = new(entries.Count - first);
        for (int i = first; i < entries.Count; i++)
        {
            Log.Append(entries[i]);
            NoteConfiguration(entries[i]);
            added.Add(entries[i]);
        }

        effects.Add(new RaftEffect.AppendEntries(added));
    }

    private void TruncateFrom(long from)
    {
        Log.TruncateFrom(from);
        ForgetConfigurationsFrom(from);
        Durable = Math.Min(Durable, from - 1);
        effects.Add(new RaftEffect.TruncateLog(from));
    }

    /// <summary>One answer for all that became durable together.</summary>
    private void AcknowledgeDurable()
    {
        long match = Math.Min(verified, Durable);
        if (Leader is { } leader && match > acknowledged && installing is null)
        {
            acknowledged = match;
            Send(leader, new RaftMessage.AppendAccepted(Term, match, mayVote));
        }
    }

    private void OnHeartbeat(MemberId from, RaftMessage.Heartbeat heartbeat)
    {
        if (heartbeat.Term < Term)
        {
            Send(from, new RaftMessage.HeartbeatAnswer(Term, 0, mayVote));
            return;
        }

        Invariant.Check(Role != RaftRole.Leader, "a term has one leader");
        HeardLeader(from);
        // The leader names no more than this member acknowledged to it; less when a disk lost something since.
        if (installing is null)
        {
            RaiseCommit(Math.Min(heartbeat.Commit, Log.LastIndex));
        }

        Send(from, new RaftMessage.HeartbeatAnswer(Term, heartbeat.Round, mayVote));
    }

    private void OnAppendFailed(long from)
    {
        if (from > Log.LastIndex)
        {
            return;
        }

        Invariant.Check(from > Durable, "what is durable did not fail", Durable + 1, from);

        // The leader had said how far they are decided. That stays true, but this member acts on what it has: else it would take a snapshot up to there for one that
        // it needs no more, and its leader would send it for ever.
        Commit = Math.Min(Commit, from - 1);
        Log.TruncateFrom(from);
        ForgetConfigurationsFrom(from);
        verified = Math.Min(verified, from - 1);
        if (Role == RaftRole.Leader)
        {
            OnLeaderAppendFailed(from);
        }
    }
}
