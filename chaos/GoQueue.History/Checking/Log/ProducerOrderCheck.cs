using GoQueue.History.Checking.Facts;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Log;

/// <summary>L10: acknowledged sends of one producer to one partition stand in the order they were invoked, and the messages of one send in theirs.</summary>
internal sealed class ProducerOrderCheck(CheckContext context) : Check(context)
{
    private readonly NameTable producers = new();
    private readonly Dictionary<(int Producer, int Partition), List<Sent>> sends = [];

    /// <summary>What only the leader acknowledged may be lost with it, and later messages then stand lower.</summary>
    private AnomalyLevel Level(bool isPromised) => Context.Configuration.IsOrdered && isPromised ? AnomalyLevel.Error : AnomalyLevel.Information;

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        if (outcome is not { Type: EventType.Ok, Value: SendValue { Partition: { } index, Acks: not SendAcks.None } send } || send.Records.Count == 0)
        {
            return;
        }

        int partition = Context.Partitions.Number(send.Topic, index);
        long last = -1;
        foreach (HistoryRecord record in send.Records)
        {
            long offset = record.Offset ?? -1;
            if (offset < 0)
            {
                return; // L4
            }

            if (offset <= last)
            {
                Report("L10", $"one send was acknowledged at {last} and then at {offset}", at: outcome, partition, offset, Level(send.Acks == SendAcks.All));
            }

            last = Math.Max(last, offset);
        }

        int producer = producers.Number(send.Producer ?? $"process {outcome.Process}");
        if (!sends.TryGetValue((producer, partition), out List<Sent>? list))
        {
            sends.Add((producer, partition), list = []);
        }

        list.Add(new Sent(invocation.Index, send.Records[0].Offset!.Value, last, send.Acks == SendAcks.All));
    }

    public override void Finish()
    {
        foreach (((int producer, int partition), List<Sent> list) in sends)
        {
            list.Sort(static (a, b) => a.Invoked.CompareTo(b.Invoked));
            for (int i = 1; i < list.Count; i++)
            {
                if (list[i].First <= list[i - 1].Last)
                {
                    Report(
                        "L10",
                        $"{producers[producer]} sent what stands at {list[i].First} after what stands at {list[i - 1].Last}",
                        [list[i - 1].Invoked, list[i].Invoked],
                        partition,
                        list[i].First,
                        Level(list[i].IsPromised && list[i - 1].IsPromised));
                }
            }
        }
    }

    private readonly record struct Sent(long Invoked, long First, long Last, bool IsPromised);
}
