using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Checking.Log;

/// <summary>
/// L13: nothing goes before its time, the newest message of each key stays in a compacted topic, and a deleted key does not come back. (Renumbered offsets show
/// when the second one is read, in <see cref="LogFacts"/>.)
/// </summary>
internal sealed class RetentionCheck(CheckContext context) : Check(context)
{
    public override void Finish()
    {
        Dictionary<(int Partition, int Key), long> newest = [];
        foreach (ref readonly MessageFacts message in Context.Messages.All)
        {
            if (message.Outcome == SendOutcome.Ok && message.AckOffset >= 0 && message.Acks == SendAcks.All && message.Kind == SendKind.Plain)
            {
                CheckRemoved(message);
            }

            if (message.Key >= 0 && message.Partition >= 0 && Context.IsCompacted(message.Partition) && Offset(message) >= 0)
            {
                (int, int) key = (message.Partition, message.Key);
                newest[key] = Math.Max(newest.GetValueOrDefault(key, -1), Offset(message));
            }
        }

        CheckCompacted(newest, Uncertain());
    }

    /// <summary>
    /// Keys of which nobody knows the newest record: a deletion of unknown outcome may have been stored, and compacted away before anybody saw it; and what a producer
    /// without identity sent may have arrived a second time, behind later ones.
    /// </summary>
    private HashSet<(int Partition, int Key)> Uncertain()
    {
        HashSet<(int Partition, int Key)> keys = [];
        foreach (ref readonly MessageFacts message in Context.Messages.All)
        {
            bool isUnseenDeletion = message.Has(MessageMarks.Tombstone) && message.Outcome != SendOutcome.Fail && Offset(message) < 0;
            bool mayStandTwice = !message.Has(MessageMarks.Idempotent) && message.Has(MessageMarks.Tombstone | MessageMarks.Twice);
            if (isUnseenDeletion || mayStandTwice)
            {
                keys.Add((message.Partition, message.Key));
            }
        }

        return keys;
    }

    /// <summary>Where it surely is or was. What a leader alone acknowledged may be lost with the leader, and another may stand there.</summary>
    private static long Offset(in MessageFacts message) =>
        message.SeenOffset >= 0 ? message.SeenOffset : message.Outcome == SendOutcome.Ok && message.Acks == SendAcks.All ? message.AckOffset : -1;

    private void CheckRemoved(in MessageFacts message)
    {
        PartitionFacts partition = Context.Partitions[message.Partition];
        TopicConfiguration? topic = Context.TopicOf(message.Partition);
        if (!partition.WasReadFinally || message.AckOffset >= partition.FinalStart || topic?.Cleanup == TopicCleanup.Compact)
        {
            return;
        }

        if (topic?.RetentionMillis is not { } retention || Context.Now - message.SentTime < CheckContext.Nanos(retention - Context.Configuration.ClockBoundMillis))
        {
            Report(
                "L13",
                $"{message.Id} at {message.AckOffset} went before its time: the final read starts at {partition.FinalStart}",
                [message.SentEvent, partition.FinalEvent],
                message.Partition,
                message.AckOffset);
        }
    }

    private void CheckCompacted(Dictionary<(int Partition, int Key), long> newest, HashSet<(int Partition, int Key)> uncertain)
    {
        foreach (ref readonly MessageFacts message in Context.Messages.All)
        {
            if (message.Key < 0 || message.Partition < 0 || uncertain.Contains((message.Partition, message.Key)) || !newest.TryGetValue((message.Partition, message.Key), out long last) || !Context.Partitions[message.Partition].WasReadFinally)
            {
                continue;
            }

            PartitionFacts partition = Context.Partitions[message.Partition];
            bool isNewest = Offset(message) == last;
            if (isNewest && !message.Has(MessageMarks.Final) && !message.Has(MessageMarks.Tombstone))
            {
                Report("L13", $"{message.Id} at {last} is the newest of key {Context.Keys[message.Key]}, and gone", [message.SentEvent, partition.FinalEvent], message.Partition, last);
            }
            else if (!isNewest && message.Has(MessageMarks.Final) && IsDeletedAfter(message.Partition, last))
            {
                Report("L13", $"key {Context.Keys[message.Key]} was deleted at {last}, and is there again by {message.Id}", [message.SentEvent, partition.FinalEvent], message.Partition, message.SeenOffset);
            }
        }
    }

    /// <summary>The newest record of a key is its deletion, and that was compacted away: nothing older may be left.</summary>
    private bool IsDeletedAfter(int partition, long last)
    {
        int slot = Context.Partitions[partition].MessageAt.Get(last);
        return slot > 0 && Context.Messages[slot - 1] is var newest && newest.Has(MessageMarks.Tombstone) && !newest.Has(MessageMarks.Final);
    }
}
