using System.Buffers.Binary;

namespace GoQueue.Core.Records;

/// <summary>
/// Key of a record in a control batch: version and type, both int16. Types 0 and 1 are Kafka's transaction markers, ours start at
/// <see cref="FirstOwnType"/>. Readers skip types they do not know.
/// </summary>
public readonly record struct ControlRecordKey(short Version, short Type)
{
    public const int Size = 4;
    public const short AbortMarker = 0;
    public const short CommitMarker = 1;

    /// <summary>State records of GoQueue have this type or a higher one.</summary>
    public const short FirstOwnType = 100;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt16BigEndian(destination, Version);
        BinaryPrimitives.WriteInt16BigEndian(destination[2..], Type);
    }

    /// <summary>False when the key is too short. Longer keys are read, as later versions may add to them.</summary>
    public static bool TryRead(ReadOnlySpan<byte> key, out ControlRecordKey result)
    {
        if (key.Length < Size)
        {
            result = default;
            return false;
        }

        result = new ControlRecordKey(BinaryPrimitives.ReadInt16BigEndian(key), BinaryPrimitives.ReadInt16BigEndian(key[2..]));
        return true;
    }
}
