using System.Buffers.Binary;
using System.Text;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Files;

/// <summary>
/// Small files that are replaced whole: <c>GQ</c>, version (1 byte), kind (1), payload length (int32), CRC-32C of these eight bytes and the
/// payload (uint32), payload. Big-endian. The checksum begins with whose log it is and the name of the file, so that a file in another place is not taken for its own. Written to a temporary name, flushed, renamed, and the directory synced, so that a crash leaves
/// the old content or the new, and the checksum tells when the device did not keep its word.
/// </summary>
internal static class FramedFile
{
    public const byte Version = 2; // version 1 did not say whose it is
    public const int HeaderSize = 12;
    public const string TemporarySuffix = ".tmp";

    /// <summary>Bound on what is read back; a longer file is damaged.</summary>
    public const int MaxPayloadBytes = 256 * 1024 * 1024;

    private const int ChecksumAt = 8;
    private const int MaxNameBytes = 64;

    /// <summary>Durable when it returns. On <see cref="DiskFullException"/> the old content stays.</summary>
    public static void Replace(LogFolder directory, string name, FileKind kind, ReadOnlySpan<byte> payload)
    {
        string temporary = name + TemporarySuffix;
        directory.Delete(temporary);
        try
        {
            using (ILogFile file = directory.Create(temporary))
            {
                using SharedBuffer frame = Frame(Place(directory.Identity, name), kind, payload);
                file.Write(0, frame.Span);
                file.Flush();
            }

            directory.Rename(temporary, name);
        }
        catch (DiskFullException)
        {
            directory.Delete(temporary);
            throw;
        }

        directory.Sync();
    }

    /// <summary>The payload, or null when the file is missing or damaged.</summary>
    /// <exception cref="NewerFormatException">The file is sound but of a later version.</exception>
    public static byte[]? TryRead(LogFolder directory, string name, FileKind kind)
    {
        if (!directory.Exists(name))
        {
            return null;
        }

        using ILogFile file = directory.Open(name, writable: false);
        long length = file.Length;
        if (length is < HeaderSize or > MaxPayloadBytes)
        {
            return null;
        }

        byte[] bytes = new byte[length];
        if (file.Read(0, bytes) != length)
        {
            return null;
        }

        return TryParse(bytes, Place(directory.Identity, name), kind, $"{directory.Path}/{name}", out ReadOnlySpan<byte> payload) ? payload.ToArray() : null;
    }

    /// <summary>Checks a whole file; the fuzz door of every kind that is framed.</summary>
    /// <param name="place">Of <see cref="Place"/>.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, uint place, FileKind kind, string path, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (bytes.Length < HeaderSize || bytes[0] != 'G' || bytes[1] != 'Q' || bytes[3] != (byte)kind
            || BinaryPrimitives.ReadInt32BigEndian(bytes[4..]) != bytes.Length - HeaderSize
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[ChecksumAt..]) != Checksum(place, bytes))
        {
            return false;
        }

        if (bytes[2] > Version)
        {
            throw new NewerFormatException(path, bytes[2], Version);
        }

        payload = bytes[HeaderSize..];
        return true;
    }

    /// <summary>Where a file belongs, as its checksum begins: the owner, the number, the name.</summary>
    public static uint Place(LogIdentity identity, string name)
    {
        Span<byte> place = stackalloc byte[LogIdentity.Size + MaxNameBytes];
        identity.Write(place);
        return Crc32C.Compute(place[..(LogIdentity.Size + Encoding.ASCII.GetBytes(name, place[LogIdentity.Size..]))]);
    }

    private static SharedBuffer Frame(uint place, FileKind kind, ReadOnlySpan<byte> payload)
    {
        Invariant.Check(payload.Length <= MaxPayloadBytes - HeaderSize, "a framed file is bounded", MaxPayloadBytes, payload.Length);
        SharedBuffer buffer = SharedBuffer.Rent(HeaderSize + payload.Length);
        Span<byte> frame = buffer.Span;
        frame[0] = (byte)'G';
        frame[1] = (byte)'Q';
        frame[2] = Version;
        frame[3] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(frame[4..], payload.Length);
        payload.CopyTo(frame[HeaderSize..]);
        BinaryPrimitives.WriteUInt32BigEndian(frame[ChecksumAt..], Checksum(place, frame));
        return buffer;
    }

    private static uint Checksum(uint place, ReadOnlySpan<byte> frame) => Crc32C.Append(Crc32C.Append(place, frame[..ChecksumAt]), frame[HeaderSize..]);
}
