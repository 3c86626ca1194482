using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>The rule for topic ids: any but the zero id, which stands for a field that was never set.</summary>
internal static class TopicIds
{
    public static Error? Validate(TopicId id) =>
        id.Value != Guid.Empty ? null : new Error(ErrorCode.InvalidArgument, "the topic id is not set");
}
