using GoQueue.Consensus.Core;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus;

/// <content>Changes of membership and handing over the lead: here when this node leads, else through the leader.</content>
public sealed partial class RaftMetadataLog
{
    private const int MaxOpenAdmin = 100;

    private readonly List<AdminRequest> admin = [];
    private TimeSpan retryAdminAt;

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

    private void QueueAdmin(AdminRequest request)
    {
        if (admin.Count >= MaxOpenAdmin)
        {
            request.Answer.TrySetResult(new Error(ErrorCode.Overloaded, $"{admin.Count} changes of the quorum are waiting, the bound"));
            return;
        }

        admin.Add(request);
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
            request.End(core.Check(change)); // so already, or refused as of this moment
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

    private void EndAdmin(Error error)
    {
        foreach (AdminRequest request in admin)
        {
            bool isOpen = request.WasTried || request.State is AdminState.Deciding or AdminState.Forwarded or AdminState.HandingOver;
            request.End(isOpen ? new Error(ErrorCode.OutcomeUnknown, "the node stopped while the change was being decided; it may still take effect") : error);
        }

        admin.Clear();
    }
}
