using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Events;

namespace GoQueue.Broker.Replication;

/// <summary>
/// Tells the metadata what replicas here had to cut because of an election that was not clean, so that its event names the offsets that were at risk (L5). One report
/// at a time, again until it is decided. A report that a crash comes before is lost; the log line and, where committed records were cut, the copy of them stay.
/// </summary>
internal sealed class LossReports(ReplicationOptions options, BrokerEnvironment environment, IMetadataLog metadata)
{
    /// <summary>More than events that are kept; what comes beyond it is in the log only.</summary>
    private const int MaxWaiting = 10_000;

    private readonly Lock gate = new();
    private readonly Queue<ReportLossCommand> waiting = new();
    private readonly CancellationTokenSource stopping = new();
    private Task working = Task.CompletedTask;

    /// <summary>
    /// Records were cut. They are put down to the first unclean election after the epoch they were written under, if there was one: whether they had been committed is what
    /// nobody can know then. Any thread.
    /// </summary>
    /// <param name="lastEpoch">Of the newest record that was cut.</param>
    public void Cut(TopicPartition partition, OffsetRange range, LeaderEpoch lastEpoch)
    {
        ClusterEvent? cause = null;
        foreach (ClusterEvent happened in metadata.Image.Events)
        {
            bool isAfter = happened.IsElection && happened.Partition == partition && happened.LeaderEpoch > lastEpoch;
            cause = isAfter && (cause is null || happened.LeaderEpoch < cause.LeaderEpoch) ? happened : cause;
        }

        if (cause is null)
        {
            return;
        }

        Log.LossFound(environment.Logger, partition, range.First, range.End, cause.LeaderEpoch);
        lock (gate)
        {
            if (stopping.IsCancellationRequested || waiting.Count >= MaxWaiting)
            {
                return;
            }

            waiting.Enqueue(new ReportLossCommand(partition, cause.LeaderEpoch, range));
            if (working.IsCompleted)
            {
                working = WorkAsync();
            }
        }
    }

    public async Task StopAsync()
    {
        Task last;
        lock (gate)
        {
            stopping.Cancel();
            waiting.Clear();
            last = working;
        }

        await last;
        stopping.Dispose();
    }

    private async Task WorkAsync()
    {
        await Task.Yield(); // never on the caller's stack: it holds a turn
        try
        {
            while (Next() is { } report)
            {
                while (!await IsDecidedAsync(report))
                {
                    await Task.Delay(options.TickInterval, environment.Time, stopping.Token);
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // the node stops
        }
    }

    private ReportLossCommand? Next()
    {
        lock (gate)
        {
            if (waiting.TryDequeue(out ReportLossCommand? report))
            {
                return report;
            }

            working = Task.CompletedTask; // under the gate, so that whoever adds now begins anew
            return null;
        }
    }

    private async Task<bool> IsDecidedAsync(ReportLossCommand report)
    {
        try
        {
            Task<Result<MetadataOutcome>> proposed = metadata.ProposeAsync(report, stopping.Token).AsTask();
            return (await proposed.WithinAsync(options.ProposalTimeout, environment.Time, stopping.Token)).IsOk;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
