using GoQueue.Client.Topics;
using GoQueue.Client.Wire;
using GoQueue.Core;

namespace GoQueue.Client.Producing;

internal sealed partial class PublishLoop
{
    private void TakeAnswers(long now)
    {
        while (call is not null && call.TryTakeAnswer(out PublishAnswer answer))
        {
            connectFailures = 0;
            if (outstanding.Remove(answer.Correlation, out ProducerBatch? batch))
            {
                Answered(batch, answer, now);
            }
            else
            {
                call.Break(new GoQueueException(ErrorCode.Internal, $"the server answered correlation {answer.Correlation}, which was not sent or answered before"));
            }
        }
    }

    private void Answered(ProducerBatch batch, in PublishAnswer answer, long now)
    {
        PartitionQueue partition = batch.Partition;
        InFlightWindow window = partition.Window;
        int refusedSequence = batch.Sequence;
        switch (window.Answer(batch, answer.Error.Code))
        {
            case AnswerVerdict.Delivered:
                partition.LastDeliveryAt = now;
                partition.LastProblem = default;
                long baseOffset = answer.Error.Code == ErrorCode.None && context.Options.Acks != ProducerAcks.None ? answer.BaseOffset : -1;
                Settle(batch, null, baseOffset, answer.TimestampMillis, answer.Replicas, answer.Flushed);
                break;
            case AnswerVerdict.Failed:
                Fail(batch, RefusalOf(partition, batch, answer.Error, refusedSequence));
                break;
            case AnswerVerdict.Kept:
                partition.LastProblem = answer.Error;
                Retried(partition, answer.Error.Code, now);
                break;
        }

        if (window.IsRecovering)
        {
            StartRecovery(partition);
        }
        else
        {
            Schedule(partition);
        }
    }

    private GoQueueException RefusalOf(PartitionQueue partition, ProducerBatch batch, Error error, int sequence)
    {
        string what = $"{batch.Count} messages to partition {partition.Index} of topic '{partition.Topic}' were refused: {error.Detail}";
        if (error.Code == ErrorCode.DuplicateSequence)
        {
            return new GoQueueException(ErrorCode.OutcomeUnknown, $"{what}. Later messages were stored meanwhile, so whether these are cannot be told");
        }

        return error.Code == ErrorCode.OutOfOrderSequence
            ? new GoQueueException(error.Code, $"{what}. They begin at sequence {sequence} and everything before was acknowledged, so the broker has lost acknowledged messages of this partition; these were not stored")
            : new GoQueueException(error.Code, what);
    }

    private void Retried(PartitionQueue partition, ErrorCode code, long now)
    {
        // An out-of-order answer behind a refused batch says nothing new; the pause counts from the refusal.
        if (code != ErrorCode.OutOfOrderSequence)
        {
            partition.RetryAt = now + Backoff.After(partition.Window.Failures, context.Client).Ticks;
        }

        if (code is ErrorCode.NotLeader or ErrorCode.UnknownTopic or ErrorCode.UnknownPartition && !partition.IsRefreshing)
        {
            // Nothing goes again before the answer: it may be that the partition is no more.
            partition.IsRefreshing = true;
            _ = RefreshAsync(partition);
        }
    }

    /// <summary>Never throws; the outcome comes back as a request to the loop.</summary>
    private async Task RefreshAsync(PartitionQueue partition)
    {
        GoQueueException? gone = null;
        try
        {
            TopicLayout layout = await partition.Route.RefreshAsync().ConfigureAwait(false);
            if (!layout.Has(partition.Index))
            {
                gone = new GoQueueException(ErrorCode.UnknownPartition, $"topic '{partition.Topic}' no longer has a partition {partition.Index}");
            }
        }
        catch (GoQueueException refusal) when (refusal.Code == ErrorCode.UnknownTopic)
        {
            gone = refusal;
        }
        catch (Exception)
        {
            // The broker could not be asked. The batches go again after their pause, and whatever is wrong shows there.
        }

        Post(() =>
        {
            partition.IsRefreshing = false;
            if (gone is not null)
            {
                FailPartition(partition, gone);
                partition.Accept(); // should the topic come back, under this object or a new one
            }
        });
    }

    private void StartRecovery(PartitionQueue partition)
    {
        if (!recovering.Contains(partition))
        {
            recovering.Add(partition);
        }
    }
}
