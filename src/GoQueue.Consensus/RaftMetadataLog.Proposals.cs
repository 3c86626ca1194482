using GoQueue.Consensus.Core;
using GoQueue.Consensus.Encoding;
using GoQueue.Consensus.State;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus;

/// <content>
/// Proposals: into the own log when this node leads, else to the leader. Each keeps its number until it shows up applied here; until then it is handed to
/// whoever leads, as often as it takes, and the state applies it once.
/// </content>
public sealed partial class RaftMetadataLog
{
    private const int MaxForwards = 8;
    private const int MaxForwardCommands = 4096;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    private readonly SortedDictionary<long, Proposal> pending = [];
    private readonly List<Proposal> group = [];
    private readonly List<(long FirstIndex, long LastIndex, TaskCompletionSource<Result<long>> Answer)> taken = [];
    private Queue<Proposal> waiting = new();
    private (long Term, MemberId? Leader, RaftRole Role) followed = (-1, null, RaftRole.Follower);
    private TimeSpan retryProposalsAt;
    private int forwards;
    private RaftConfiguration? announced;

    /// <summary>After a change of leader everything that the old one had is handed to the new one.</summary>
    private void FollowLeadership()
    {
        if (!ReferenceEquals(announced, core.Configuration))
        {
            announced = core.Configuration;
            Log.MembersChanged(environment.Logger, announced.ToString());
        }

        (long Term, MemberId? Leader, RaftRole Role) current = (core.Term, core.Leader, core.Role);
        if (current == followed)
        {
            return;
        }

        bool isOther = current.Term != followed.Term || current.Leader != followed.Leader;
        if (current.Role == RaftRole.Candidate && followed.Role != RaftRole.Candidate)
        {
            metrics?.ElectionStarted();
        }

        followed = current;
        if (!isOther)
        {
            return;
        }

        Log.RoleChanged(environment.Logger, core.Role.ToString(), core.Term, core.Leader?.Node.Value ?? "unknown", core.Commit);
        retryProposalsAt = TimeSpan.Zero;
        retryReadsAt = TimeSpan.Zero;
        foreach (Proposal proposal in pending.Values)
        {
            proposal.IsTaken = false;
            proposal.Index = 0;
        }

        waiting = new Queue<Proposal>(pending.Values);
    }

    /// <summary>False when more can be moved at once.</summary>
    private bool MoveProposals()
    {
        if (waiting.Count == 0)
        {
            return true;
        }

        if (core.RefusesProposals is null)
        {
            ProposeHere();
            return waiting.Count == 0;
        }

        if (core.Leader is { } leader && leader != self && environment.Peers is { } peers && turnTime >= retryProposalsAt && forwards < MaxForwards)
        {
            TakeGroup(MaxForwardCommands);
            if (group.Count == 0)
            {
                return true;
            }

            forwards++;
            _ = ForwardAsync(peers, leader.Node, PeerCalls.WriteProposals(WrapGroup()), [.. group.Select(proposal => (proposal, proposal.Attempts))]);
            return waiting.Count == 0 || forwards >= MaxForwards;
        }

        return true;
    }

    private void ProposeHere()
    {
        TakeGroup(int.MaxValue);
        if (group.Count == 0)
        {
            return;
        }

        long index = core.Log.LastIndex;
        foreach (Proposal proposal in group)
        {
            proposal.Index = ++index;
        }

        Step(new RaftInput.Propose(WrapGroup()));
    }

    /// <summary>What fits a group, in order; handed over from here on.</summary>
    private void TakeGroup(int maxCount)
    {
        group.Clear();
        long bytes = 0;
        while (group.Count < maxCount && waiting.TryPeek(out Proposal? next) && bytes + next.Size <= options.MaxGroupBytes)
        {
            if (!pending.ContainsKey(next.Sequence))
            {
                waiting.Dequeue(); // decided while it waited to be handed to the next leader
                continue;
            }

            bytes += next.Size;
            next.IsTaken = true;
            next.Attempts++;
            next.Handed++;
            group.Add(waiting.Dequeue());
        }
    }

    private List<ReadOnlyMemory<byte>> WrapGroup()
    {
        long floor = pending.First().Key;
        List<ReadOnlyMemory<byte>> commands = new(group.Count);
        foreach (Proposal proposal in group)
        {
            commands.Add(new CommandEnvelope(self.Incarnation, boot, proposal.Sequence, floor).Wrap(proposal.Encoded.Span));
        }

        return commands;
    }

    private async Task ForwardAsync(IPeerTransport peers, NodeId leader, SharedBuffer payload, List<(Proposal Proposal, int Attempt)> batch)
    {
        Result<long> answer = await CallAsync(peers, leader, PeerMessageKind.Propose, payload, CallTimeout);
        Post(() => EndForward(batch, answer));
    }

    private static async Task<Result<long>> CallAsync(IPeerTransport peers, NodeId leader, PeerMessageKind kind, SharedBuffer payload, TimeSpan timeout)
    {
        try
        {
            Result<SharedBuffer> reply = await peers.CallAsync(leader, kind, PeerChannel.Request, payload, timeout, CancellationToken.None);
            if (!reply.TryGet(out SharedBuffer? bytes, out Error error))
            {
                return error;
            }

            using (bytes)
            {
                return PeerCalls.ReadAnswer(bytes.Span);
            }
        }
        catch (Exception failure)
        {
            // The transport promises none; whatever it was, the call may have been handled, and the loop decides what follows.
            return new Error(ErrorCode.OutcomeUnknown, failure.Message);
        }
    }

    private void EndForward(List<(Proposal Proposal, int Attempt)> batch, Result<long> answer)
    {
        forwards--;
        if (answer.IsOk)
        {
            return; // the leader has them; they are answered when they are applied here
        }

        bool isUntouched = answer.Error.Code is ErrorCode.Unreachable or ErrorCode.NotController or ErrorCode.MetadataUnavailable or ErrorCode.ShuttingDown
            or ErrorCode.Overloaded or ErrorCode.DiskFull or ErrorCode.InvalidArgument or ErrorCode.MalformedRequest or ErrorCode.UnsupportedBatchVersion;
        bool isFinal = answer.Error.Code is ErrorCode.Overloaded or ErrorCode.DiskFull or ErrorCode.InvalidArgument or ErrorCode.MalformedRequest
            or ErrorCode.UnsupportedBatchVersion;
        bool isBack = false;
        foreach ((Proposal proposal, int attempt) in batch)
        {
            if (!pending.ContainsKey(proposal.Sequence))
            {
                continue; // applied, or given up
            }

            proposal.Handed -= isUntouched ? 1 : 0;
            if (!proposal.IsTaken || proposal.Attempts != attempt)
            {
                continue; // with another leader already
            }

            if (isFinal && proposal.Handed == 0)
            {
                Drop(proposal, answer.Error);
                continue;
            }

            proposal.IsTaken = false;
            isBack = true;
        }

        if (isBack)
        {
            waiting = new Queue<Proposal>(pending.Values.Where(proposal => !proposal.IsTaken));
            retryProposalsAt = turnTime + RetryDelay;
        }
    }

    /// <summary>Ends a proposal that was not applied.</summary>
    private void Drop(Proposal proposal, Error error)
    {
        pending.Remove(proposal.Sequence);
        lock (gate)
        {
            openProposals--;
        }

        proposal.Complete(error);
    }

    /// <summary>Proposals of another node, for this one to put into its log.</summary>
    private void TakeRemote(IReadOnlyList<ReadOnlyMemory<byte>> commands, TaskCompletionSource<Result<long>> answer)
    {
        lock (gate)
        {
            remoteBatches--;
        }

        if (core.RefusesProposals is { } refused)
        {
            answer.TrySetResult(refused);
            return;
        }

        long first = core.Log.LastIndex + 1;
        Step(new RaftInput.Propose(commands));
        taken.Add((first, core.Log.LastIndex, answer));
    }

    /// <summary>They are in the log: from now on they may take effect whatever becomes of this node.</summary>
    private void AnswerTaken()
    {
        foreach ((_, _, TaskCompletionSource<Result<long>> answer) in taken)
        {
            answer.TrySetResult(0L);
        }

        taken.Clear();
    }

    private void EndTaken(Error error)
    {
        foreach ((_, _, TaskCompletionSource<Result<long>> answer) in taken)
        {
            answer.TrySetResult(error);
        }

        taken.Clear();
    }

    /// <summary>There was no room for the entries from there on, and nobody was sent any of them.</summary>
    private void RefuseTaken(long from)
    {
        Error full = new(ErrorCode.DiskFull, "no room on the disk for the change; free space and repeat");
        EndTaken(full);
        List<Proposal> failed = [.. pending.Values.Where(proposal => proposal.IsTaken && proposal.Index >= from)];
        foreach (Proposal proposal in failed)
        {
            proposal.Handed--;
            proposal.Index = 0;
            proposal.IsTaken = false;
            if (proposal.Handed == 0)
            {
                Drop(proposal, full);
            }
            else
            {
                waiting.Enqueue(proposal);
            }
        }
    }

    /// <summary>After a snapshot from the leader: what is in it is decided, but its outcome is not told.</summary>
    private void ForgetAppliedElsewhere()
    {
        foreach (Proposal proposal in pending.Values.Where(proposal => state.IsApplied(self.Incarnation, boot, proposal.Sequence)).ToList())
        {
            Drop(proposal, new Error(ErrorCode.OutcomeUnknown, "the change was decided, but this node took over a snapshot instead of applying it; look at the metadata"));
        }

        waiting = new Queue<Proposal>(pending.Values.Where(proposal => !proposal.IsTaken));
    }

    /// <summary>Nobody waits for ever: the oldest are told what is known of them.</summary>
    private void ExpireProposals()
    {
        bool isExpired = false;
        while (pending.Count > 0 && pending.First().Value is { } oldest && turnTime >= oldest.Deadline)
        {
            Drop(oldest, oldest.Handed > 0
                ? new Error(ErrorCode.OutcomeUnknown, $"the change was not decided within {options.RequestTimeout.TotalSeconds} s; it may still be")
                : new Error(ErrorCode.MetadataUnavailable, $"the metadata quorum had no leader for {options.RequestTimeout.TotalSeconds} s; nothing was done"));
            isExpired = true;
        }

        if (isExpired)
        {
            waiting = new Queue<Proposal>(pending.Values.Where(proposal => !proposal.IsTaken));
        }
    }
}
