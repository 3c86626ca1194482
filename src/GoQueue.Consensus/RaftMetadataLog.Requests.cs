using GoQueue.Consensus.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus;

/// <content>Reads that cannot be stale, changes of membership, handing over the lead: here when this node leads, else through the leader.</content>
public sealed partial class RaftMetadataLog
{
    private const int MaxOpenReads = 100_000;
    private const int MaxOpenAdmin = 100;

    private readonly Dictionary<long, ReadRequest> readsByTicket = [];
    private readonly List<ReadRequest> readsAtIndex = [];
    private readonly List<AdminRequest> admin = [];
    private List<ReadRequest> readsWaiting = [];
    private TimeSpan retryReadsAt;
    private TimeSpan retryAdminAt;
    private long nextTicket = 1;
    private int openReads;
    private bool isAskingLeader;

    public async ValueTask<Result<long>> ReadIndexAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ReadRequest read = new(Now() + options.RequestTimeout, isRemote: false);
        return PostRequest(() => QueueRead(read)) is { } refused ? refused : await read.Answer.Task.UnlessCancelledAsync(cancellationToken);
    }

    public ValueTask<Error?> TransferLeadershipAsync(NodeId target, CancellationToken cancellationToken) =>
        AdministerAsync(new QuorumRequest.Transfer(target), cancellationToken);

    public async ValueTask<Error?> AddLearnerAsync(QuorumMember member, CancellationToken cancellationToken) =>
        MemberRules.Validate(member) ?? await AdministerAsync(new QuorumRequest.Change(new MembershipChange.AddLearner(member)), cancellationToken);

    public ValueTask<Error?> PromoteAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) =>
        AdministerAsync(new QuorumRequest.Change(new MembershipChange.Promote(node, incarnation)), cancellationToken);

    public ValueTask<Error?> RemoveAsync(NodeId node, Guid incarnation, CancellationToken cancellationToken) =>
        AdministerAsync(new QuorumRequest.Change(new MembershipChange.Remove(node, incarnation)), cancellationToken);

    private async ValueTask<Error?> AdministerAsync(QuorumRequest what, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        AdminRequest request = new(what, Now() + options.RequestTimeout);
        return PostRequest(() => QueueAdmin(request)) is { } refused ? refused : await request.Answer.Task.UnlessCancelledAsync(cancellationToken);
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

        Post(work);
        return null;
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

    private void QueueAdmin(AdminRequest request)
    {
        if (admin.Count >= MaxOpenAdmin)
        {
            request.Answer.TrySetResult(new Error(ErrorCode.Overloaded, $"{admin.Count} changes of the quorum are waiting, the bound"));
            return;
        }

        admin.Add(request);
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

    private void MoveAdmin()
    {
        foreach (AdminRequest request in admin)
        {
            if (request.State != AdminState.Waiting)
            {
                continue;
            }

            if (core.Role == RaftRole.Leader)
            {
                Administer(request);
            }
            else if (request.IsRemote)
            {
                request.End(NotController());
            }
            else if (core.Leader is { } leader && leader != self && environment.Peers is { } peers && turnTime >= retryAdminAt)
            {
                request.State = AdminState.Forwarded;
                _ = ForwardAdminAsync(peers, leader.Node, request, TimeSpan.FromTicks(Math.Max(1, (request.Deadline - turnTime).Ticks)));
            }
        }
    }

    private void Administer(AdminRequest request)
    {
        if (request.What is QuorumRequest.Transfer transfer)
        {
            BeginTransfer(request, transfer.Target);
            return;
        }

        MembershipChange change = ((QuorumRequest.Change)request.What).What;
        if (core.Check(change) is { } refused)
        {
            if (refused.Code is not (ErrorCode.MetadataUnavailable or ErrorCode.NotController))
            {
                request.End(refused);
            }

            return; // else once more, until the request's time is over
        }

        long last = core.Log.LastIndex;
        Step(new RaftInput.Change(change));
        if (core.Log.LastIndex == last)
        {
            request.End(null);
            return;
        }

        request.State = AdminState.Deciding;
        request.Index = core.Log.LastIndex;
        request.Term = core.Term;
    }

    private void BeginTransfer(AdminRequest request, NodeId target)
    {
        if (target == self.Node)
        {
            request.End(null);
        }
        else if (core.Configuration.Find(target) is not { } member)
        {
            request.End(new Error(ErrorCode.UnknownNode, $"node {target} is no member of the metadata quorum"));
        }
        else if (!core.Configuration.IsVoter(MemberId.Of(member)))
        {
            request.End(new Error(ErrorCode.InvalidArgument, $"node {target} is a learner; it cannot lead"));
        }
        else
        {
            Step(new RaftInput.Transfer(MemberId.Of(member)));
            request.State = AdminState.HandingOver;
        }
    }

    private async Task ForwardAdminAsync(IPeerTransport peers, NodeId leader, AdminRequest request, TimeSpan timeout)
    {
        Result<long> answer = await CallAsync(peers, leader, PeerMessageKind.QuorumAdmin, PeerCalls.WriteAdmin(request.What), timeout);
        Post(() => EndForwardedAdmin(request, answer));
    }

    private void EndForwardedAdmin(AdminRequest request, Result<long> answer)
    {
        if (request.State != AdminState.Forwarded)
        {
            return; // its time was over
        }

        // Asking again is harmless: a change that is made already changes nothing.
        bool isWorthRepeating = !answer.IsOk && answer.Error.Code
            is ErrorCode.NotController or ErrorCode.MetadataUnavailable or ErrorCode.Unreachable or ErrorCode.ShuttingDown or ErrorCode.StorageFailure
            or ErrorCode.OutcomeUnknown or ErrorCode.Overloaded;
        if (isWorthRepeating)
        {
            request.WasTried = true;
            request.State = AdminState.Waiting;
            retryAdminAt = turnTime + RetryDelay;
        }
        else
        {
            request.End(answer.IsOk ? null : answer.Error);
        }
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

    private void SettleAdmin(AdminRequest request)
    {
        if (request.State == AdminState.Deciding)
        {
            if (core.Log.TermAt(request.Index) != request.Term)
            {
                request.WasTried = true;
                request.State = AdminState.Waiting; // another leader replaced it; asking again is harmless
            }
            else if (core.Commit >= request.Index)
            {
                request.End(null);
            }
        }
        else if (request.State == AdminState.HandingOver)
        {
            NodeId target = ((QuorumRequest.Transfer)request.What).Target;
            bool isGivenUp = core.Role == RaftRole.Leader ? core.TransferTarget is null : core.Leader is { } other && other.Node != target;
            if (core.Leader?.Node == target)
            {
                request.End(null);
            }
            else if (isGivenUp)
            {
                request.End(new Error(ErrorCode.Timeout, $"node {target} did not take over the metadata quorum in time; the lead is as it was"));
            }
        }
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

    private void EndAdmin(Error error)
    {
        foreach (AdminRequest request in admin)
        {
            bool isOpen = request.WasTried || request.State is AdminState.Deciding or AdminState.Forwarded or AdminState.HandingOver;
            request.End(isOpen ? new Error(ErrorCode.OutcomeUnknown, "the node stopped while the change was being decided; it may still take effect") : error);
        }

        admin.Clear();
    }

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

    private enum AdminState
    {
        Waiting,
        Forwarded,
        Deciding,
        HandingOver,
        Ended,
    }

    private sealed class ReadRequest(TimeSpan deadline, bool isRemote)
    {
        public TaskCompletionSource<Result<long>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan Deadline { get; } = deadline;

        /// <summary>Of another node: it gets the index and waits itself.</summary>
        public bool IsRemote { get; } = isRemote;

        public long Index { get; set; }
    }

    private sealed class AdminRequest(QuorumRequest what, TimeSpan deadline, bool isRemote = false)
    {
        public QuorumRequest What { get; } = what;

        public TimeSpan Deadline { get; } = deadline;

        public bool IsRemote { get; } = isRemote;

        public TaskCompletionSource<Error?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public AdminState State { get; set; }

        /// <summary>An earlier try may have been decided.</summary>
        public bool WasTried { get; set; }

        public long Index { get; set; }

        public long Term { get; set; }

        public void End(Error? error)
        {
            State = AdminState.Ended;
            Answer.TrySetResult(error);
        }
    }
}
