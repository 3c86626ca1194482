using GoQueue.Core;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;

namespace GoQueue.Broker.Replication;

/// <summary>
/// Proves that this node still leads before it says something final that only the newest leader can know (ADR 0013): one linearizable read of the metadata for
/// everybody who asks meanwhile, so that a storm of refusals costs the quorum no more than one read after the other.
/// </summary>
/// <remarks>Who asks while a read is under way waits for the one after it: a read proves only what was asked before it began.</remarks>
internal sealed class LeadershipProofs(ReplicationOptions options, BrokerEnvironment environment, IMetadataLog metadata)
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private List<Question> waiting = [];
    private Task reading = Task.CompletedTask;
    private bool isReading;
    private bool isStopped;

    /// <summary>False: nobody else can lead what this node leads, or nobody can be asked.</summary>
    public bool AreNeeded => environment.Quorum is not null;

    /// <summary>
    /// Tells whether this node led the partition in that epoch at some time after the call; false also when it cannot be found out. The answer comes from
    /// another task than the caller's, and always comes.
    /// </summary>
    public void Ask(TopicPartition partition, LeaderEpoch epoch, Action<bool> answer)
    {
        lock (gate)
        {
            if (!isStopped)
            {
                waiting.Add(new Question(partition, epoch, answer));
                if (!isReading)
                {
                    isReading = true;
                    reading = ReadAsync();
                }

                return;
            }
        }

        answer(false);
    }

    /// <inheritdoc cref="Ask"/>
    public Task<bool> AskAsync(TopicPartition partition, LeaderEpoch epoch)
    {
        TaskCompletionSource<bool> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask(partition, epoch, proved => answer.TrySetResult(proved));
        return answer.Task;
    }

    public async Task StopAsync()
    {
        Task last;
        lock (gate)
        {
            isStopped = true;
            last = reading;
        }

        stopping.Cancel();
        await last;
        stopping.Dispose();
    }

    private async Task ReadAsync()
    {
        await Task.Yield(); // never on the caller's stack: it may be a turn
        while (Next() is { } questions)
        {
            bool isCurrent = await IsCurrentAsync();
            foreach (Question question in questions)
            {
                question.Answer(isCurrent && metadata.Image.TryGetPartition(question.Partition, out PartitionImage? image) && image.LeaderEpoch == question.Epoch);
            }
        }
    }

    private List<Question>? Next()
    {
        lock (gate)
        {
            if (waiting.Count == 0)
            {
                isReading = false;
                return null;
            }

            List<Question> next = waiting;
            waiting = [];
            return next;
        }
    }

    /// <summary>The image shows everything that was decided before the call.</summary>
    private async Task<bool> IsCurrentAsync()
    {
        try
        {
            Task<Result<long>> read = environment.Quorum!.ReadIndexAsync(stopping.Token).AsTask();
            return (await read.WithinAsync(options.ProofTimeout, environment.Time, stopping.Token)).IsOk;
        }
        catch (Exception unknown) when (unknown is TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    private readonly record struct Question(TopicPartition Partition, LeaderEpoch Epoch, Action<bool> Answer);
}
