using GoQueue.Consensus.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus;

/// <content>Reads that cannot be stale, here when this node leads, else through the leader; and the time that requests have.</content>
public sealed partial class RaftMetadataLog
{
    private const int MaxOpenReads = 100_000;

    private readonly Dictionary<long, ReadRequest> readsByTicket = [];
    private readonly List<ReadRequest> readsAtIndex = [];
    private List<ReadRequest> readsWaiting = [];
    private TimeSpan retryReadsAt;
    private long nextTicket = 1;
    private int openReads;
    private bool isAskingLeader;

    public async ValueTask<Result<long>> ReadIndexAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ReadRequest read = new(Now() + options.RequestTimeout, isRemote: false);
        return PostRequest(() => QueueRead(read)) is { } refused ? refused : await read.Answer.Task.UnlessCancelledAsync(cancellationToken);
    }

    /// <summary>Null when the loop will answer.</summary>
    private Error? PostRequest(Action work)
    {
        lock (gate)
        {
            if (RefusalNow() is { } refused)
            {
                return refused;
            }
        }

        return Post(work) ? null : new Error(ErrorCode.ShuttingDown, "the metadata log is closed");
    }

    private void QueueRead(ReadRequest read)
    {
        if (openReads >= MaxOpenReads)
        {
            read.Answer.TrySetResult(new Error(ErrorCode.Overloaded, $"{openReads} reads of the metadata are waiting, the bound"));
            return;
        }

        openReads++;
        readsWaiting.Add(read);
    }

    private void MoveReads()
    {
        MoveAdmin();
        if (readsWaiting.Count == 0)
        {
            return;
        }

        if (core.Role == RaftRole.Leader)
        {
            List<long> tickets = new(readsWaiting.Count);
            foreach (ReadRequest read in readsWaiting)
            {
                long ticket = nextTicket++;
                readsByTicket.Add(ticket, read);
                tickets.Add(ticket);
            }

            readsWaiting.Clear();
            Step(new RaftInput.Read(tickets));
            return;
        }

        RefuseRemoteReads();
        if (readsWaiting.Count > 0 && !isAskingLeader && core.Leader is { } leader && environment.Peers is { } peers && turnTime >= retryReadsAt)
        {
            // One question for all that wait; who comes later is not covered by it and waits for the next.
            isAskingLeader = true;
            _ = AskLeaderAsync(peers, leader.Node, readsWaiting);
            readsWaiting = [];
        }
    }

    private void RefuseRemoteReads()
    {
        foreach (ReadRequest read in readsWaiting)
        {
            if (read.IsRemote)
            {
                EndRead(read, NotController());
            }
        }

        readsWaiting.RemoveAll(read => read.IsRemote);
    }

    private async Task AskLeaderAsync(IPeerTransport peers, NodeId leader, List<ReadRequest> reads)
    {
        Result<long> answer = await CallAsync(peers, leader, PeerMessageKind.ReadIndex, PeerCalls.WriteRead(), CallTimeout);
        Post(() => EndQuestion(reads, answer));
    }

    private void EndQuestion(List<ReadRequest> reads, Result<long> answer)
    {
        isAskingLeader = false;
        foreach (ReadRequest read in reads)
        {
            if (answer.IsOk)
            {
                read.Index = answer.Value;
                readsAtIndex.Add(read);
            }
            else
            {
                readsWaiting.Add(read);
                retryReadsAt = turnTime + RetryDelay;
            }
        }
    }

    private void NoteReadIndex(long ticket, long index)
    {
        if (!readsByTicket.Remove(ticket, out ReadRequest? read))
        {
            return;
        }

        if (read.IsRemote)
        {
            EndRead(read, index);
            return;
        }

        read.Index = index;
        readsAtIndex.Add(read);
    }

    private void RetryRead(long ticket)
    {
        if (readsByTicket.Remove(ticket, out ReadRequest? read))
        {
            readsWaiting.Add(read);
        }
    }

    private void EndRead(ReadRequest read, Result<long> answer)
    {
        openReads--;
        read.Answer.TrySetResult(answer);
    }

    /// <summary>Answers what is done by now, after everything that this turn brought is applied.</summary>
    private void SettleRequests()
    {
        foreach (ReadRequest read in readsAtIndex)
        {
            if (read.Index <= state.AppliedIndex)
            {
                EndRead(read, Image.Version);
            }
        }

        readsAtIndex.RemoveAll(read => read.Answer.Task.IsCompleted);
        foreach (AdminRequest request in admin)
        {
            SettleAdmin(request);
        }

        admin.RemoveAll(request => request.State == AdminState.Ended);
    }

    /// <summary>What waited for its whole time is answered. A closing node gives everything a last short time.</summary>
    private void ExpireRequests()
    {
        ExpireProposals();
        Error late = new(ErrorCode.MetadataUnavailable, $"the metadata quorum did not answer within {options.RequestTimeout.TotalSeconds} s");
        EndReadsWhere(read => turnTime >= read.Deadline, late);
        foreach (AdminRequest request in admin)
        {
            if (turnTime >= request.Deadline && request.State != AdminState.Ended)
            {
                bool isOpen = request.WasTried || request.State is AdminState.Deciding or AdminState.Forwarded;
                request.End(isOpen ? new Error(ErrorCode.OutcomeUnknown, late.Detail + "; the change may still be decided") : late);
            }
        }

        bool isClosingNow;
        lock (gate)
        {
            isClosingNow = isClosing;
        }

        closeBy ??= isClosingNow ? turnTime + ClosePatience : null;
        if (turnTime >= closeBy)
        {
            RefuseOpen(ErrorCode.ShuttingDown, "the metadata log is closing");
        }
    }

    private void EndReadsWhere(Predicate<ReadRequest> isOver, Error error)
    {
        foreach ((long ticket, ReadRequest read) in readsByTicket.Where(entry => isOver(entry.Value)).ToList())
        {
            readsByTicket.Remove(ticket);
            EndRead(read, error);
        }

        foreach (List<ReadRequest> list in (ReadOnlySpan<List<ReadRequest>>)[readsWaiting, readsAtIndex])
        {
            foreach (ReadRequest read in list)
            {
                if (isOver(read))
                {
                    EndRead(read, error);
                }
            }

            list.RemoveAll(isOver);
        }
    }

    private void EndReads(Error error) => EndReadsWhere(static _ => true, error);

    /// <summary>When the loop must look again although nothing comes in.</summary>
    private TimeSpan RequestDeadline()
    {
        TimeSpan due = closeBy ?? TimeSpan.MaxValue;
        if (pending.Count > 0)
        {
            Sooner(ref due, pending.First().Value.Deadline);
            if (waiting.Count > 0 && retryProposalsAt > turnTime)
            {
                Sooner(ref due, retryProposalsAt);
            }
        }

        foreach (ReadRequest read in readsWaiting)
        {
            Sooner(ref due, read.Deadline);
            Sooner(ref due, retryReadsAt > turnTime ? retryReadsAt : TimeSpan.MaxValue);
        }

        foreach (AdminRequest request in admin)
        {
            Sooner(ref due, request.Deadline);
            Sooner(ref due, request.State == AdminState.Waiting ? turnTime + RetryDelay : TimeSpan.MaxValue);
        }

        return due;
    }

    private static void Sooner(ref TimeSpan due, TimeSpan other) => due = other < due ? other : due;

    private Error NotController() => new(ErrorCode.NotController, $"node {self} does not lead the metadata quorum");
}
