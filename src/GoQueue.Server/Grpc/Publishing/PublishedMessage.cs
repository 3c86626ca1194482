using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>One message of a unary publish: views of the request's bytes, then where it went or why it was refused.</summary>
internal struct PublishedMessage
{
    public ReadOnlyMemory<byte> Key;
    public ReadOnlyMemory<byte> Value;
    public bool HasKey;
    public bool HasValue;
    public long TimestampMillis;
    public int Lane;
    public int FirstHeader;
    public int HeaderCount;

    /// <summary>Partition, and the position in the list of batches and inside the batch.</summary>
    public int Partition;
    public int Batch;
    public int Delta;

    /// <summary>Set when the message never got into a batch.</summary>
    public Error Refusal;

    public readonly PriorityLane PriorityLane => (PriorityLane)Lane;
}
