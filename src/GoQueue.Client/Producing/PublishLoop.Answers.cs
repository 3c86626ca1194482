using GoQueue.Client.Topics;
using GoQueue.Client.Wire;
using GoQueue.Core;

namespace GoQueue.Client.Producing;

internal sealed partial class PublishLoop
{
    private void TakeAnswers(long now)
    {
        foreach (PublishLink link in links.Values)
        {
            TakeAnswers(link, now);
        }
    }

    private void TakeAnswers(PublishLink link, long now)
    {
        while (link.Call is { } call && call.TryTakeAnswer(out PublishAnswer answer))
        {
            link.ConnectFailures = 0;
            if (!link.Outstanding.Remove(answer.Correlation, out ProducerBatch? batch))
            {
                call.Break(new GoQueueException(ErrorCode.Internal, $"the server answered correlation {answer.Correlation}, which was not sent or answered before"));
            }
            else if (batch is not null)
            {
                Answered(batch, answer, now);
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
                Retried(partition, answer, now);
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

    private void Retried(PartitionQueue partition, in PublishAnswer answer, long now)
    {
        ErrorCode code = answer.Error.Code;
        if (code == ErrorCode.NotLeader && answer.Leader is { } leader && context.Catalog.Heard(partition.Topic, partition.Index, leader))
        {
            partition.RetryAt = now; // it goes there at once
            return;
        }

        // An out-of-order answer behind a refused batch says nothing new; the pause counts from the refusal.
        if (code != ErrorCode.OutOfOrderSequence)
        {
            partition.RetryAt = now + Backoff.After(partition.Window.Failures, context.Client).Ticks;
        }

        if (code is ErrorCode.UnknownTopic or ErrorCode.UnknownPartition && !partition.IsRefreshing)
        {
            // Nothing goes again before the answer: it may be that the partition is no more.
            partition.IsRefreshing = true;
            _ = RefreshAsync(partition);
        }
        else if (code is ErrorCode.NotLeader or ErrorCode.ShuttingDown or ErrorCode.FencedLeaderEpoch)
        {
            AskWhoLeads(partition);
        }
    }

    /// <summary>Asks some node, unless that is under way; what it says comes as a change of the layout. Sending goes on meanwhile.</summary>
    private void AskWhoLeads(PartitionQueue partition)
    {
        if (!partition.IsRefreshing && !partition.IsAsking)
        {
            partition.IsAsking = true;
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
            partition.IsAsking = false;
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
