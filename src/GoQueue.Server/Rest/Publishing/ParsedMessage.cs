using GoQueue.Core.Records;
using GoQueue.Server.Rest.Json;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>One message of a request: where its bytes are, in the body or in the arena.</summary>
internal struct ParsedMessage
{
    /// <summary>Null for a message without a key.</summary>
    public JsonBytes? Key;

    /// <summary>Null for a tombstone.</summary>
    public JsonBytes? Value;

    /// <summary>Null: chosen by key, or spread when there is none.</summary>
    public int? Partition;

    public PriorityLane Lane;
}
