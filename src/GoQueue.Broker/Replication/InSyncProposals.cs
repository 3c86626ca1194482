using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Replication;

namespace GoQueue.Broker.Replication;

/// <summary>Brings the proposals of this node's leaders before the metadata quorum, a bounded number at a time, and each to an end.</summary>
internal sealed class InSyncProposals(NodeId self, ReplicationOptions options, BrokerEnvironment environment, IMetadataLog metadata)
{
    private const int MaxUnderWay = 32;

    private readonly Lock gate = new();
    private readonly Queue<PartitionLoop> waiting = new();
    private readonly HashSet<TopicPartition> queued = [];
    private readonly List<Task> underWay = [];
    private readonly CancellationTokenSource stopping = new();
    private bool isStopped;

    /// <summary>The replica of this loop has a proposal. Any thread.</summary>
    public void Add(PartitionLoop loop)
    {
        lock (gate)
        {
            if (isStopped || !queued.Add(loop.Partition))
            {
                return;
            }

            waiting.Enqueue(loop);
            underWay.RemoveAll(task => task.IsCompleted);
            if (underWay.Count < MaxUnderWay)
            {
                underWay.Add(WorkAsync());
            }
        }
    }

    public async Task StopAsync()
    {
        Task[] all;
        lock (gate)
        {
            isStopped = true;
            waiting.Clear();
            all = [.. underWay];
        }

        stopping.Cancel();
        await TaskWaiting.AllAsync(all);
        stopping.Dispose();
    }

    private async Task WorkAsync()
    {
        await Task.Yield(); // never on the caller's stack: it may hold a turn
        while (Next() is { } loop)
        {
            if (loop.TakeProposal() is { } proposal)
            {
                loop.ProposalEnded(proposal, await ProposeAsync(loop.Partition, proposal));
            }
        }
    }

    private PartitionLoop? Next()
    {
        lock (gate)
        {
            if (!waiting.TryDequeue(out PartitionLoop? loop))
            {
                return null;
            }

            queued.Remove(loop.Partition);
            return loop;
        }
    }

    private async Task<ProposalOutcome> ProposeAsync(TopicPartition partition, InSyncProposal proposal)
    {
        Metadata.Commands.InSyncMember[] members = [.. proposal.InSync.Select(member => new Metadata.Commands.InSyncMember(member.Node, member.BrokerEpoch))];
        AlterInSyncCommand command = new(partition, self, proposal.LeaderEpoch, proposal.PartitionEpoch, members);
        try
        {
            Task<Result<MetadataOutcome>> proposed = metadata.ProposeAsync(command, stopping.Token).AsTask();
            Result<MetadataOutcome> result = await proposed.WithinAsync(options.ProposalTimeout, environment.Time, stopping.Token);
            Error? refused = result.IsOk ? result.Value.Error : result.Error;
            Log.InSyncProposed(environment.Logger, partition, string.Join(',', proposal.InSync.Select(member => member.Node)), refused?.ToString() ?? "accepted");
            environment.Metrics.InSyncProposed(proposal.IsExpansion, refused is null);
            return refused is null ? ProposalOutcome.Accepted : result.IsOk || !MayHaveEffect(result.Error.Code) ? ProposalOutcome.Refused : ProposalOutcome.Unknown;
        }
        catch (TimeoutException)
        {
            return ProposalOutcome.Unknown;
        }
        catch (OperationCanceledException)
        {
            return ProposalOutcome.Unknown;
        }
        catch (ObjectDisposedException)
        {
            return ProposalOutcome.Unknown; // the node stops
        }
    }

    /// <summary>The port's promise: after any error but an unknown outcome a proposal never takes effect. Time-outs on the way are no such errors.</summary>
    private static bool MayHaveEffect(ErrorCode code) => code is ErrorCode.OutcomeUnknown or ErrorCode.Timeout or ErrorCode.Internal;
}
