using GoQueue.History.Events;

namespace GoQueue.History.Checking.Cluster;

/// <summary>M6: a topic that was deleted does not come back under its old id, and one that nobody deleted does not go.</summary>
internal sealed class TopicLifeCheck(CheckContext context) : Check(context)
{
    private readonly Dictionary<string, (string Id, long Event)> current = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> deletionAsked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(string Id, long Event)>> lives = new(StringComparer.Ordinal);
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
            if (!lives.TryGetValue(topic.Topic, out List<(string Id, long Event)>? known))
            {
                lives.Add(topic.Topic, known = []);
            }

            known.Add((id, outcome.Index));
        }
        else if (outcome.Operation == Operation.Delete)
        {
            Died(topic, invocation.Index, outcome.Index);
        }
    }

    /// <summary>
    /// Deletions are by name, and an answer need not say which life of the topic it was. Every life whose creation was answered before the deletion was asked for is over: it was
    /// the one that was deleted, or that one came after it.
    /// </summary>
    private void Died(TopicValue topic, long asked, long answered)
    {
        if (topic.Id is { } gone)
        {
            dead.TryAdd(gone, answered);
        }

        foreach ((string id, long created) in lives.GetValueOrDefault(topic.Topic) ?? [])
        {
            if (created < asked)
            {
                dead.TryAdd(id, answered);
            }
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

        foreach (TopicEntry topic in topics.Topics)
        {
            current.TryAdd(topic.Name, (topic.Id, seen.Index)); // somebody made it whom the history does not know
        }
    }
}
