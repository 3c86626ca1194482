using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>A topic and the image version that something happened to it with; ordered by the version.</summary>
internal readonly record struct TopicVersion(long Version, TopicId Id) : IComparable<TopicVersion>
{
    public int CompareTo(TopicVersion other)
    {
        int byVersion = Version.CompareTo(other.Version);
        return byVersion != 0 ? byVersion : Id.CompareTo(other.Id);
    }
}
