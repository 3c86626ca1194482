using GoQueue.Core;

namespace GoQueue.Consensus.Core;

/// <summary>
/// One member of a Raft group: a function from what happens, and when, to what is to be done. No I/O, no clock, no threads; the same inputs at the
/// same times with the same seed give the same effects. The paper is Ongaro's and Ousterhout's, the thesis Ongaro's.
/// </summary>
/// <remarks>
/// <code>
/// Follower     --silence, or its connection to the leader broke--> PreCandidate
/// PreCandidate --a majority would vote for it-------------------> Candidate   (the term rises)
/// Candidate    --a majority voted-------------------------------> Leader
/// Leader       --no majority heard for long, removed, no room on its disk--> Follower
/// any          --a higher term, or a leader of this term---------> Follower
/// </code>
/// What it rests on: hard state and entries count only once the shell said that they are durable; a commit needs a majority of all voters at an
/// entry of the current term; members are named with the incarnation of their disk.
/// </remarks>
internal sealed partial class RaftCore
{
    private readonly RaftOptions options;
    private readonly Random random;
    private readonly bool mayVote;
    private readonly List<(long Index, RaftConfiguration Configuration)> configurations = [];
    private HardState hard;
    private HardState savedHard;
    private TimeSpan now;
    private TimeSpan announcedDeadline = TimeSpan.MinValue;
    private List<RaftEffect> effects = [];
    private long announcedApply;

    /// <param name="random">Seeded by the shell; draws election timeouts only.</param>
    public RaftCore(RaftStart start, RaftOptions options, Random random, TimeSpan now)
    {
        this.options = options;
        this.random = random;
        this.now = now;
        Self = start.Self;
        hard = start.HardState;
        savedHard = hard;
        mayVote = start.MayVote;
        Snapshot = start.Snapshot;
        long baseIndex = start.Entries.Count > 0 ? start.Entries[0].Index - 1 : start.Snapshot?.Index ?? 0;
        Log = new RaftLog(baseIndex, start.BaseTerm);
        configurations.Add((start.Snapshot?.Index ?? 0, start.Snapshot?.Configuration ?? start.Configuration));
        foreach (RaftEntry entry in start.Entries)
        {
            Log.Append(entry);
            if (entry.Index > (start.Snapshot?.Index ?? 0))
            {
                NoteConfiguration(entry);
            }
        }

        Invariant.Check(hard.Term >= Log.LastTerm, "the term is not below the log's", Log.LastTerm, hard.Term);
        Durable = Log.LastIndex;
        Commit = Math.Max(start.Snapshot?.Index ?? 0, Math.Min(start.Commit, Durable));
        announcedApply = start.Snapshot?.Index ?? 0;
        electionDeadline = Configuration.IsSoleVoter(Self) ? now : now + ElectionTimeout();
    }

    public MemberId Self { get; }

    public RaftRole Role { get; private set; }

    public long Term => hard.Term;

    public HardState HardState => hard;

    /// <summary>Null while none is known.</summary>
    public MemberId? Leader { get; private set; }

    public RaftLog Log { get; }

    /// <summary>Everything up to it is decided.</summary>
    public long Commit { get; private set; }

    /// <summary>Everything up to it is on this member's device.</summary>
    public long Durable { get; private set; }

    /// <summary>The newest of this member's own state.</summary>
    public RaftSnapshot? Snapshot { get; private set; }

    /// <summary>The newest in the log, decided or not (paper section 6).</summary>
    public RaftConfiguration Configuration => configurations[^1].Configuration;

    /// <summary>In force at <paramref name="index"/>, which is not below the base of the log.</summary>
    public RaftConfiguration ConfigurationAt(long index) => configurations.FindLast(entry => entry.Index <= index).Configuration ?? configurations[0].Configuration;

    /// <summary>Takes one step. Effects are added behind those that are there.</summary>
    /// <param name="at">The shell's monotonic clock; never falls.</param>
    public void Step(RaftInput input, TimeSpan at, List<RaftEffect> into)
    {
        Invariant.Check(at >= now, "the clock of a member never falls", now.Ticks, at.Ticks);
        now = at;
        effects = into;
        int first = into.Count;
        switch (input)
        {
            case RaftInput.TimerFired:
                OnTimer();
                break;
            case RaftInput.Received received:
                OnMessage(received.From, received.Message);
                break;
            case RaftInput.Flushed flushed:
                OnFlushed(flushed.Index, flushed.Term);
                break;
            case RaftInput.AppendFailed failed:
                OnAppendFailed(failed.FromIndex);
                break;
            case RaftInput.Propose propose:
                OnPropose(propose.Commands);
                break;
            case RaftInput.Read read:
                OnRead(read.Tickets);
                break;
            case RaftInput.LinkLost lost:
                OnLinkLost(lost.Peer);
                break;
            case RaftInput.Change change:
                OnChange(change.What);
                break;
            case RaftInput.Transfer transfer:
                OnTransfer(transfer.Target);
                break;
            case RaftInput.SnapshotTaken taken:
                OnSnapshotTaken(taken.Snapshot, taken.CompactTo);
                break;
            case RaftInput.SnapshotInstalled installed:
                OnSnapshotInstalled(installed.Snapshot);
                break;
            case RaftInput.SnapshotFailed:
                OnSnapshotFailed();
                break;
            default:
                throw new InvariantViolationException($"input {input.GetType().Name} has no rule");
        }

        if (hard != savedHard)
        {
            // In front of whatever this step sends: nobody hears of a term or a vote that a crash could take back.
            into.Insert(first, new RaftEffect.SaveHardState(hard, !Has(RaftFaults.VoteWithoutFlushing)));
            savedHard = hard;
        }

        AnnounceApply();
        AnnounceDeadline();
    }

    private bool Has(RaftFaults fault) => options.Has(fault);

    private void Send(MemberId to, RaftMessage message) => effects.Add(new RaftEffect.Send(to, message));

    private void OnTimer()
    {
        if (Role == RaftRole.Leader)
        {
            OnLeaderTimer();
        }
        else if (now >= electionDeadline)
        {
            OnElectionTimeout();
        }
    }

    private void AnnounceDeadline()
    {
        TimeSpan deadline = Role == RaftRole.Leader ? LeaderDeadline : electionDeadline;
        if (deadline != announcedDeadline)
        {
            announcedDeadline = deadline;
            effects.Add(new RaftEffect.SetTimer(deadline));
        }
    }

    private void OnMessage(MemberId from, RaftMessage message)
    {
        if (from.Node == Self.Node)
        {
            return; // nobody else is this node: an echo, or two nodes with one id
        }

        // A sender under another incarnation than this member's configuration names is heard all the same: it may be the configuration that is old. What
        // it answers counts for nobody, because votes, matches and rounds are counted by member id, incarnation included.
        switch (message)
        {
            case RaftMessage.PreVote ask:
                OnPreVote(from, ask);
                return;
            case RaftMessage.PreVoteAnswer answer:
                OnPreVoteAnswer(from, answer);
                return;
            case RaftMessage.Vote ask:
                OnVote(from, ask);
                return;
        }

        if (message.Term > Term)
        {
            bool isFromLeader = message is RaftMessage.Append or RaftMessage.Heartbeat or RaftMessage.SnapshotChunk;
            BecomeFollower(message.Term, isFromLeader ? from : null);
        }

        switch (message)
        {
            case RaftMessage.VoteAnswer answer:
                OnVoteAnswer(from, answer);
                break;
            case RaftMessage.Append append:
                OnAppend(from, append);
                break;
            case RaftMessage.AppendAccepted accepted:
                OnAppendAccepted(from, accepted);
                break;
            case RaftMessage.AppendRejected rejected:
                OnAppendRejected(from, rejected);
                break;
            case RaftMessage.Heartbeat heartbeat:
                OnHeartbeat(from, heartbeat);
                break;
            case RaftMessage.HeartbeatAnswer answer:
                OnHeartbeatAnswer(from, answer);
                break;
            case RaftMessage.SnapshotChunk chunk:
                OnSnapshotChunk(from, chunk);
                break;
            case RaftMessage.SnapshotAnswer answer:
                OnSnapshotAnswer(from, answer);
                break;
            case RaftMessage.TimeoutNow handOver:
                OnTimeoutNow(from, handOver);
                break;
            default:
                throw new InvariantViolationException($"message {message.GetType().Name} has no rule");
        }
    }

    /// <summary>Takes over a configuration as soon as it is in the log (paper section 6).</summary>
    private void NoteConfiguration(in RaftEntry entry)
    {
        if (entry.Kind == RaftEntryKind.Configuration)
        {
            RaftConfiguration? read = RaftConfiguration.TryRead(entry.Payload.Span);
            Invariant.Check(read is not null, "a configuration in the log can be read");
            configurations.Add((entry.Index, read));
        }
    }

    private void ForgetConfigurationsFrom(long index) => configurations.RemoveAll(entry => entry.Index >= index && entry.Index > 0);

    private void OnFlushed(long index, long term)
    {
        if (Log.TermAt(index) != term || index <= Durable)
        {
            return; // those entries were replaced meanwhile
        }

        Durable = index;
        if (Role == RaftRole.Leader)
        {
            AdvanceCommit();
        }
        else
        {
            AcknowledgeDurable();
        }
    }

    private void RaiseCommit(long to) => Commit = Math.Max(Commit, to);

    /// <summary>Applied is what is decided and durable here, so that no state is ahead of its log.</summary>
    private void AnnounceApply()
    {
        long upTo = Math.Min(Commit, Has(RaftFaults.CountBeforeFlush) ? Log.LastIndex : Durable);
        if (upTo > announcedApply)
        {
            announcedApply = upTo;
            effects.Add(new RaftEffect.Apply(upTo));
        }
    }
}
