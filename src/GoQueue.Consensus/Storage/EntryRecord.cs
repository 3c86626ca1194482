using System.Buffers.Binary;
using GoQueue.Consensus.Core;

namespace GoQueue.Consensus.Storage;

/// <summary>
/// The record value of an entry in the log (docs/internals/raft-log.md): format, kind, term, index, payload. Term and index stand in the batch header too, but
/// outside its checksum; here they are inside.
/// </summary>
internal static class EntryRecord
{
    public const int HeaderSize = 1 + 1 + 8 + 8;

    private const byte Format = 1;

    public static void Write(in RaftEntry entry, Span<byte> to)
    {
        to[0] = Format;
        to[1] = (byte)entry.Kind;
        BinaryPrimitives.WriteInt64BigEndian(to[2..], entry.Term);
        BinaryPrimitives.WriteInt64BigEndian(to[10..], entry.Index);
        entry.Payload.Span.CopyTo(to[HeaderSize..]);
    }

    /// <summary>False when it is no entry of this format, or not the one that belongs there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, long index, long term, out RaftEntry entry)
    {
        entry = default;
        if (value.Length < HeaderSize || value[0] != Format
            || BinaryPrimitives.ReadInt64BigEndian(value[2..]) != term || BinaryPrimitives.ReadInt64BigEndian(value[10..]) != index)
        {
            return false;
        }

        RaftEntryKind kind = (RaftEntryKind)value[1];
        bool isSound = kind switch
        {
            RaftEntryKind.NoOp => value.Length == HeaderSize,
            RaftEntryKind.Command => true,
            RaftEntryKind.Configuration => RaftConfiguration.TryRead(value[HeaderSize..]) is not null,
            _ => false,
        };
        entry = new RaftEntry(index, term, kind, value[HeaderSize..].ToArray());
        return isSound;
    }

    /// <summary>True when it is of a format that only a newer program knows.</summary>
    public static bool IsNewer(ReadOnlySpan<byte> value) => value.Length > 0 && value[0] > Format;
}
