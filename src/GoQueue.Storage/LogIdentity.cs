using System.Buffers.Binary;
using GoQueue.Core;

namespace GoQueue.Storage;

/// <summary>
/// Whose log it is. Every segment begins with it and every index is checked against it, so that a file with the sound bytes of another log (a misdirected write, one
/// restored to the wrong place) is found to be damage (ADR 0016).
/// </summary>
/// <param name="Owner">The topic; of a metadata log the incarnation of the data directory.</param>
/// <param name="Number">The partition; -1 of a metadata log.</param>
public readonly record struct LogIdentity(Guid Owner, int Number)
{
    /// <summary>Length of the encoded form: the owner, then the number, big-endian.</summary>
    internal const int Size = 20;

    /// <summary>The log of a partition: the same on every replica, so that a segment may be taken over whole.</summary>
    public static LogIdentity Of(TopicPartition partition) => new(partition.Topic.Value, partition.Partition.Value);

    /// <summary>The metadata log of one data directory. Another node's is another log: its end is not what this node promised.</summary>
    public static LogIdentity OfMetadata(Guid incarnation) => new(incarnation, -1);

    internal void Write(Span<byte> target)
    {
        bool isWritten = Owner.TryWriteBytes(target, bigEndian: true, out _);
        Invariant.Check(isWritten, "an identity has room");
        BinaryPrimitives.WriteInt32BigEndian(target[16..], Number);
    }

    internal static LogIdentity Read(ReadOnlySpan<byte> source) => new(new Guid(source[..16], bigEndian: true), BinaryPrimitives.ReadInt32BigEndian(source[16..]));

    /// <summary>As in the name of a partition's directory.</summary>
    public override string ToString() => Number < 0 ? $"metadata of {Owner:n}" : $"{new TopicId(Owner)}-{Number}";
}
