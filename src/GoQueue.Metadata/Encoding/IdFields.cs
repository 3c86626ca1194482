using System.Buffers;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Metadata.Cluster;

namespace GoQueue.Metadata.Encoding;

/// <summary>Ids in the metadata formats.</summary>
internal static class IdFields
{
    public static void WriteTopicId(this IBufferWriter<byte> to, TopicId id) => to.WriteGuid(id.Value);

    public static TopicId ReadTopicId(this ref FieldReader from) => new(from.ReadGuid());

    public static NodeId ReadNode(this ref FieldReader from) => new(from.ReadName(ClusterName.MaxLength));
}
