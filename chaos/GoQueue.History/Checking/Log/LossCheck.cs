using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>
/// What the final reads must hold. L1: everything acknowledged, or seen once. L2: everything polled. L4: at the offset acknowledged. L6: nothing refused.
/// Messages of transactions are judged by their transaction, delayed ones by their schedule.
/// </summary>
internal sealed class LossCheck(CheckContext context) : Check(context)
{
    private readonly HashSet<int> unread = [];

    public override void Finish()
    {
        foreach (ref readonly MessageFacts message in Context.Messages.All)
        {
            CheckOffset(message);
            CheckRefused(message);
            if (message.Has(MessageMarks.Polled) && !message.Has(MessageMarks.FinalAtFirst) && message.SeenOffset >= 0)
            {
                CheckVanished(message);
            }

            if (message.Kind == SendKind.Plain && !message.Has(MessageMarks.Final))
            {
                CheckLost(message);
            }
        }

        foreach (int partition in unread)
        {
            Context.Doubts.Add($"{Context.Partitions.Name(partition)} took messages and was not read at the end on any replica");
        }
    }

    private void CheckOffset(in MessageFacts message)
    {
        if (message.AckOffset >= 0 && message.SeenOffset >= 0 && !message.Has(MessageMarks.SeenAtAck) && message.Kind != SendKind.Scheduled && !IsPerhapsARepeat(message))
        {
            Report(
                "L4",
                $"{message.Id} was acknowledged at {message.AckOffset} and stands at {message.SeenOffset} of {Context.Partitions.Name(message.SeenPartition)}",
                [message.OutcomeEvent, message.SeenEvent],
                message.Partition,
                message.AckOffset);
        }
    }

    /// <summary>Without identity a message may be stored twice (L5, for information), and of the two the one that was acknowledged may be cleaned away before anybody reads it.</summary>
    private bool IsPerhapsARepeat(in MessageFacts message) =>
        !message.Has(MessageMarks.Idempotent) && message.SeenPartition == message.Partition && message.SeenOffset > message.AckOffset
        && ((Context.IsCompacted(message.Partition) && message.Key >= 0) || (Context.Partitions[message.Partition] is { WasReadFinally: true } partition && message.AckOffset < partition.FinalStart));

    private void CheckRefused(in MessageFacts message)
    {
        if (message.Outcome == SendOutcome.Fail && message.Kind != SendKind.Transaction && message.Has(MessageMarks.SeenCommitted))
        {
            Report("L6", $"{message.Id} was refused, and was read at {message.SeenOffset}", [message.OutcomeEvent, message.SeenEvent], message.SeenPartition, message.SeenOffset);
        }
    }

    private void CheckVanished(in MessageFacts message)
    {
        PartitionFacts partition = Context.Partitions[message.SeenPartition];
        if (IsExpectedAt(message.SeenPartition, message.SeenOffset, message) && message.Has(MessageMarks.SeenCommitted))
        {
            Report(
                "L2",
                $"{message.Id} was read at {message.SeenOffset}, and the final read has it {(message.Has(MessageMarks.Final) ? "elsewhere" : "nowhere")}",
                [message.SeenEvent, partition.FinalEvent],
                message.SeenPartition,
                message.SeenOffset);
        }
    }

    private void CheckLost(in MessageFacts message)
    {
        bool isAcknowledged = message.Outcome == SendOutcome.Ok && message.Acks != SendAcks.None;
        bool wasSeen = message.Has(MessageMarks.SeenCommitted) && message.Outcome is SendOutcome.Info or SendOutcome.Open or SendOutcome.Ok;
        if ((!isAcknowledged && !wasSeen) || message.Partition < 0)
        {
            return;
        }

        long offset = message.AckOffset >= 0 ? message.AckOffset : message.SeenOffset;
        if (!IsExpectedAt(message.Partition, offset, message))
        {
            return;
        }

        PartitionFacts partition = Context.Partitions[message.Partition];
        Report(
            "L1",
            $"{message.Id}, {(isAcknowledged ? "acknowledged" : "read")} at {offset}, is lost ({(offset >= 0 && partition.MaxFinal > offset ? "hole" : "tail")}: the final read goes up to {partition.MaxFinal})",
            [message.SentEvent, isAcknowledged ? message.OutcomeEvent : message.SeenEvent, partition.FinalEvent],
            message.Partition,
            offset,
            message.Acks == SendAcks.All || wasSeen ? AnomalyLevel.Error : AnomalyLevel.Information);
    }

    /// <summary>Not gone by retention (judged by L13), nor superseded in a compacted topic.</summary>
    private bool IsExpectedAt(int partition, long offset, in MessageFacts message)
    {
        PartitionFacts facts = Context.Partitions[partition];
        if (!facts.WasReadFinally)
        {
            if (Context.Options.NeedsFinalPhase && !Context.Findings.IsForgiven(facts.Name.Topic))
            {
                unread.Add(partition);
            }

            return false;
        }

        return (offset < 0 || offset >= facts.FinalStart) && !(Context.IsCompacted(partition) && message.Key >= 0);
    }
}
