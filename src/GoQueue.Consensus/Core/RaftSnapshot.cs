using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Consensus.Core;

/// <summary>The state after an entry, in place of the log up to it. Immutable, shared by the disk, the core and transfers under way.</summary>
internal sealed class RaftSnapshot
{
    public const byte Version = 1;

    private const byte Kind = (byte)'S';
    private const int ChecksumAt = 4;
    private const int HeaderSize = 8;

    private RaftSnapshot(long index, long term, RaftConfiguration configuration, ReadOnlyMemory<byte> state, ReadOnlyMemory<byte> bytes)
    {
        Index = index;
        Term = term;
        Configuration = configuration;
        State = state;
        Bytes = bytes;
        Checksum = Crc32C.Compute(bytes.Span);
    }

    /// <summary>Of the last entry it stands for.</summary>
    public long Index { get; }

    public long Term { get; }

    /// <summary>In force at <see cref="Index"/>.</summary>
    public RaftConfiguration Configuration { get; }

    /// <summary>What the state machine wrote; opaque to Raft.</summary>
    public ReadOnlyMemory<byte> State { get; }

    /// <summary>The whole file (docs/internals/raft-log.md): what is kept is what is sent.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Of all the bytes.</summary>
    public uint Checksum { get; }

    public static RaftSnapshot Make(long index, long term, RaftConfiguration configuration, ReadOnlySpan<byte> state)
    {
        ArrayBufferWriter<byte> to = new(HeaderSize + 256 + state.Length);
        to.WriteByte((byte)'G');
        to.WriteByte((byte)'Q');
        to.WriteByte(Version);
        to.WriteByte(Kind);
        to.WriteInt32(0);
        to.WriteInt64(index);
        to.WriteInt64(term);
        configuration.Write(to);
        int stateAt = to.WrittenCount;
        to.Write(state);
        byte[] bytes = to.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(ChecksumAt), Crc32C.Compute(bytes.AsSpan(HeaderSize)));
        return new RaftSnapshot(index, term, configuration, bytes.AsMemory(stateAt), bytes);
    }

    /// <summary>Null when the bytes are damaged, or of a version that this program does not know.</summary>
    public static RaftSnapshot? TryParse(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderSize || span[0] != 'G' || span[1] != 'Q' || span[2] != Version || span[3] != Kind
            || BinaryPrimitives.ReadUInt32BigEndian(span[ChecksumAt..]) != Crc32C.Compute(span[HeaderSize..]))
        {
            return null;
        }

        FieldReader from = new(span[HeaderSize..]);
        long index = from.ReadInt64();
        long term = from.ReadInt64();
        RaftConfiguration? configuration = RaftConfiguration.TryRead(ref from);
        return from.IsBroken || configuration is null || index < 1 || term < 0
            ? null
            : new RaftSnapshot(index, term, configuration, bytes[^from.ReadRest().Length..], bytes);
    }

    /// <summary>True when sound bytes are of a version that only a newer program knows.</summary>
    public static bool IsNewer(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderSize && bytes[0] == 'G' && bytes[1] == 'Q' && bytes[3] == Kind && bytes[2] > Version;
}
