using GoQueue.History.Events;

namespace GoQueue.History.Checking.Transactions;

/// <summary>
/// T11: a producer with an identity that skipped nothing never hears that its sequence is wrong. It may have skipped something as soon as another send of it was
/// not acknowledged, until it starts anew. (A repeat that was taken twice is L5.)
/// </summary>
internal sealed class SequenceCheck(CheckContext context) : Check(context)
{
    private static readonly string[] Errors = ["OUT_OF_ORDER_SEQUENCE", "DUPLICATE_SEQUENCE"];

    private readonly Dictionary<string, List<long>> failures = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<long>> starts = new(StringComparer.Ordinal);
    private readonly List<(string Producer, long Invoked, long Answered, string Error)> suspects = [];

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        switch (outcome.Value)
        {
            case SendValue { IsIdempotent: true } send when outcome.Type != EventType.Ok:
                string producer = send.Producer ?? $"process {outcome.Process}";
                Of(failures, producer).Add(invocation.Index);
                if (outcome.Error is { } error && Errors.Contains(error))
                {
                    suspects.Add((producer, invocation.Index, outcome.Index, error));
                }

                break;
            case ProducerValue started when outcome.Type == EventType.Ok:
                Of(starts, started.Producer).Add(outcome.Index);
                break;
            default:
                break;
        }
    }

    public override void Finish()
    {
        foreach ((string producer, long invoked, long answered, string error) in suspects)
        {
            long start = starts.GetValueOrDefault(producer)?.Where(at => at < invoked).DefaultIfEmpty(-1).Max() ?? -1;
            if (!Of(failures, producer).Exists(at => at >= start && at < invoked))
            {
                Report("T11", $"{producer} skipped nothing and was told {error}", [invoked, answered]);
            }
        }
    }

    private static List<long> Of(Dictionary<string, List<long>> lists, string producer)
    {
        if (!lists.TryGetValue(producer, out List<long>? list))
        {
            lists.Add(producer, list = []);
        }

        return list;
    }
}
