using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>
/// What administrators were told of topics. Creation, change and deletion are one register for each topic whose values are its versions: a change that began after
/// another was answered comes after it (M5), and what was created is there until somebody asks to delete it (M6).
/// </summary>
internal sealed class TopicLedger
{
    private readonly SortedDictionary<TopicId, Entry> topics = [];
    private readonly HashSet<string> namesToDelete = []; // a request to delete may arrive twice, and meet a later topic of that name

    /// <summary>The version that every later change must come after.</summary>
    public long VersionOf(TopicId topic) => topics.TryGetValue(topic, out Entry? entry) ? entry.Version : -1;

    /// <summary>It was created, and nobody asked to delete it.</summary>
    public bool IsSurelyThere(string name) => !namesToDelete.Contains(name) && topics.Values.Any(entry => entry.Name == name);

    /// <summary>Somebody asked for its end: it may be gone, or go at any moment.</summary>
    public bool IsDeletionAsked(TopicId topic) => topics.TryGetValue(topic, out Entry? entry) && namesToDelete.Contains(entry.Name);

    public void Created(TopicImage topic)
    {
        if (!topics.ContainsKey(topic.Id))
        {
            topics.Add(topic.Id, new Entry(topic.Name) { Version = topic.Version });
        }
    }

    /// <param name="before"><see cref="VersionOf"/> when the change was asked for.</param>
    /// <param name="expected">The version it was to be based on; null for any.</param>
    public void Changed(TopicImage topic, long before, long? expected)
    {
        Entry entry = topics[topic.Id];
        SimulationFailure.Unless(!entry.IsDeleted, "M6", $"topic {topic.Name} was changed to version {topic.Version} after its deletion was answered");
        SimulationFailure.Unless(topic.Version >= before, "M5", $"a change of topic {topic.Name} gave version {topic.Version}; when it was asked for, {before} had been answered");
        if (expected is { } based)
        {
            SimulationFailure.Unless(
                entry.Based.TryAdd(based, topic.Version) || entry.Based[based] == topic.Version,
                "M5",
                $"two changes of topic {topic.Name} based on version {based} succeeded: {topic.Version} and {entry.Based.GetValueOrDefault(based)}");
        }

        entry.Version = Math.Max(entry.Version, topic.Version);
    }

    public void AskDeletion(TopicId topic) => namesToDelete.Add(topics[topic].Name);

    public void Deleted(TopicId topic) => topics[topic].IsDeleted = true;

    /// <summary>At the end: false when the topic is gone, as it may be.</summary>
    public bool CheckPresence(TopicId topic, MetadataImage image)
    {
        Entry entry = topics[topic];
        bool isThere = image.TryGetTopic(topic, out _);
        SimulationFailure.Unless(isThere || namesToDelete.Contains(entry.Name), "M6", $"topic {entry.Name} is gone, and nobody asked for that");
        SimulationFailure.Unless(!isThere || !entry.IsDeleted, "M6", $"topic {entry.Name} is there after its deletion was answered");
        return isThere;
    }

    /// <summary>At the end: nothing is there whose deletion was answered.</summary>
    public void CheckDeleted(MetadataImage image)
    {
        foreach ((TopicId topic, Entry entry) in topics)
        {
            SimulationFailure.Unless(!entry.IsDeleted || !image.TryGetTopic(topic, out _), "M6", $"topic {entry.Name} is there after its deletion was answered");
        }
    }

    private sealed class Entry(string name)
    {
        public string Name { get; } = name;

        public long Version { get; set; }

        public bool IsDeleted { get; set; }

        public Dictionary<long, long> Based { get; } = [];
    }
}
