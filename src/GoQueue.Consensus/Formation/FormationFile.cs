using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Consensus.Encoding;
using GoQueue.Core;
using GoQueue.Core.Fields;
using GoQueue.Storage.Directories;

namespace GoQueue.Consensus.Formation;

/// <summary>
/// The file <c>formation.state</c> of a data directory (docs/internals/formation.md). Replaced as a whole: written beside, flushed, renamed, directory
/// synced, so a crash leaves the old record or the new one.
/// </summary>
public sealed class FormationFile(ILogDirectory directory)
{
    public const string Name = "formation.state";

    private const string TemporaryName = Name + ".tmp";
    private const byte Format = 1;
    private const int MaxSize = HeaderSize + FormationRecord.MaxGenesisBytes + 256;

    // Byte positions; integers are big-endian.
    private const int Crc = 4; // uint32, CRC-32C of everything after it
    private const int HeaderSize = 8;

    /// <summary>Null when there is none.</summary>
    /// <exception cref="MetadataLogUnusableException">It cannot be read; the node must not guess what it accepted.</exception>
    public FormationRecord? Load()
    {
        if (!directory.Exists(Name))
        {
            return null;
        }

        using ILogFile file = directory.Open(Name, writable: false);
        byte[] bytes = new byte[(int)Math.Min(file.Length, MaxSize + 1)];
        int length = file.Read(0, bytes);
        return Decode(bytes.AsSpan(0, length)).TryGet(out FormationRecord? record, out Error problem)
            ? record
            : throw new MetadataLogUnusableException($"{directory.Path}/{Name} cannot be read: {problem.Detail}. Nothing was changed. Restore the file from a copy, or start with an empty data directory");
    }

    /// <summary>Returns when the record is durable.</summary>
    public void Save(FormationRecord record)
    {
        directory.Delete(TemporaryName); // left behind by a crash in the middle of this
        using (ILogFile file = directory.Create(TemporaryName))
        {
            file.Write(0, Encode(record));
            file.Flush();
        }

        directory.Rename(TemporaryName, Name);
        directory.Sync();
    }

    internal static byte[] Encode(FormationRecord record)
    {
        ArrayBufferWriter<byte> to = new();
        to.Write("GQ"u8);
        to.WriteByte(Format);
        to.WriteByte((byte)'G');
        to.WriteInt32(0);
        record.Write(to);
        byte[] bytes = to.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(Crc), Crc32C.Compute(bytes.AsSpan(HeaderSize)));
        return bytes;
    }

    /// <summary>Never throws, whatever the bytes are. Codes: CorruptLog.</summary>
    internal static Result<FormationRecord> Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < HeaderSize or > MaxSize || bytes[0] != 'G' || bytes[1] != 'Q' || bytes[3] != 'G')
        {
            return new Error(ErrorCode.CorruptLog, $"its {bytes.Length} bytes do not begin as they should");
        }

        if (bytes[2] > Format)
        {
            return new Error(ErrorCode.CorruptLog, $"its format is version {bytes[2]}, this program reads up to {Format}: it was written by a newer version");
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[Crc..]) != Crc32C.Compute(bytes[HeaderSize..]))
        {
            return new Error(ErrorCode.CorruptLog, "its checksum does not match its content");
        }

        FieldReader from = new(bytes[HeaderSize..]);
        FormationRecord? record = FormationRecord.Read(ref from);
        return record is not null && from.IsAtEnd ? record : new Error(ErrorCode.CorruptLog, "its fields do not fit");
    }
}
