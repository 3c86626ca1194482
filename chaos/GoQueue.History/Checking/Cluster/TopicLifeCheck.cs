using GoQueue.History.Events;

namespace GoQueue.History.Checking.Cluster;

/// <summary>M6: a topic that was deleted does not come back under its old id, and one that nobody deleted does not go.</summary>
internal sealed class TopicLifeCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<string, (string Id, long Event)> current = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> deletionAsked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> dead = new(StringComparer.Ordinal);

    public override void Invoked(HistoryEvent invocation)
    {
        if (invocation is { Operation: Operation.Delete, Value: TopicValue topic })
        {
            deletionAsked.TryAdd(topic.Topic, invocation.Index);
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        if (outcome is not { Type: EventType.Ok, Value: TopicValue topic })
        {
            return;
        }

        if (outcome.Operation == Operation.Create && topic.Id is { } id)
        {
            current[topic.Topic] = (id, outcome.Index);
        }
        else if (outcome.Operation == Operation.Delete && topic.Id is { } gone)
        {
            dead.TryAdd(gone, outcome.Index);
        }
    }

    public override void Observed(HistoryEvent seen)
    {
        if (seen is not { Type: EventType.Ok, Value: TopicsValue { IsCurrent: true } topics })
        {
            return;
        }

        foreach (TopicEntry topic in topics.Topics)
        {
            if (dead.TryGetValue(topic.Id, out long deletion))
            {
                Report("M6", $"topic {topic.Name} ({topic.Id}) is there, and was deleted", [deletion, seen.Index]);
            }
        }

        HashSet<string> there = [.. topics.Topics.Select(static topic => topic.Id)];
        foreach ((string name, (string id, long created)) in current)
        {
            if (!deletionAsked.ContainsKey(name) && !there.Contains(id))
            {
                Report("M6", $"topic {name} ({id}) is gone, and nobody deleted it", [created, seen.Index]);
            }
        }
    }
}
