using System.Diagnostics.CodeAnalysis;
using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata;

/// <summary>
/// The whole metadata state at one version. Immutable and shared by every reader without a lock; the next version shares all but what changed.
/// </summary>
public sealed class MetadataImage
{
    /// <summary>The state before the first command.</summary>
    public static readonly MetadataImage Empty = new(0, null, new ProducerId(0), TopicRegistry.Empty);

    internal MetadataImage(long version, string? clusterId, ProducerId nextProducerId, TopicRegistry registry)
    {
        Version = version;
        ClusterId = clusterId;
        NextProducerId = nextProducerId;
        Registry = registry;
    }

    /// <summary>One more than the log position of the last command that changed something; 0 when none did.</summary>
    public long Version { get; }

    /// <summary>Null until the cluster is formed, then the same for ever.</summary>
    public string? ClusterId { get; }

    /// <summary>The first producer id that was never given out.</summary>
    public ProducerId NextProducerId { get; }

    /// <summary>In ordinal order of their names. Made on first use of each image, in time linear in the number of topics.</summary>
    public IReadOnlyList<TopicImage> Topics => Registry.InNameOrder;

    public int TopicCount => Registry.Count;

    internal TopicRegistry Registry { get; }

    /// <summary>The topic of exactly this name; case counts.</summary>
    public bool TryGetTopic(string name, [MaybeNullWhen(false)] out TopicImage topic) => Registry.TryGet(name, out topic);

    public bool TryGetTopic(TopicId id, [MaybeNullWhen(false)] out TopicImage topic) => Registry.TryGet(id, out topic);

    /// <summary>
    /// True when the id belonged to a topic that was deleted: what is left of it on disk may go. False says nothing; only the last
    /// 10,000 deletions are remembered.
    /// </summary>
    public bool IsDeleted(TopicId id) => Registry.IsDeleted(id);

    internal MetadataImage With(long version, TopicRegistry registry) => new(version, ClusterId, NextProducerId, registry);

    internal MetadataImage With(long version, ProducerId nextProducerId) => new(version, ClusterId, nextProducerId, Registry);

    internal MetadataImage With(long version, string clusterId) => new(version, clusterId, NextProducerId, Registry);
}
