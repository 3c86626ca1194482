using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using GoQueue.Core;

namespace GoQueue.Server.DataDirectory;

/// <summary>
/// Whose data a directory holds and in which layout: the file <c>node.identity</c>, written once at the first start and checked at every
/// one (docs/internals/data-directory.md). It keeps a node from opening what another node or a newer version wrote.
/// </summary>
/// <param name="LayoutVersion">Version of everything below the directory; raised when an older program could misread it.</param>
/// <param name="Node">The node that owns the directory.</param>
/// <param name="Incarnation">Drawn when the directory was made: a wiped disk comes back as another incarnation.</param>
/// <param name="Created">When the directory was made.</param>
internal sealed record DataDirectoryIdentity(int LayoutVersion, NodeId Node, Guid Incarnation, UnixMillis Created)
{
    public const string FileName = "node.identity";

    /// <summary>The layout that this program writes and reads.</summary>
    public const int CurrentLayout = 1;

    /// <summary>No identity is larger; a file that is larger is not one.</summary>
    public const int MaxSize = FixedSize + MaxNodeIdBytes;

    private const byte FormatVersion = 1;
    private const int MaxNodeIdBytes = 64;

    // Byte positions; integers are big-endian.
    private const int Magic = 0;          // "GQ"
    private const int Format = 2;         // uint8
    private const int Kind = 3;           // uint8, 'N'
    private const int Crc = 4;            // uint32, CRC-32C of everything after it
    private const int Layout = 8;         // int32
    private const int CreatedMillis = 12; // int64
    private const int IncarnationId = 20; // 16 bytes
    private const int NodeIdLength = 36;  // uint8
    private const int NodeIdBytes = 37;   // ASCII
    private const int FixedSize = 37;

    public byte[] Encode()
    {
        byte[] node = Encoding.ASCII.GetBytes(Node.Value);
        Invariant.Check(node.Length is > 0 and <= MaxNodeIdBytes, "a node id has 1 to 64 characters");
        byte[] bytes = new byte[FixedSize + node.Length];
        bytes[Magic] = (byte)'G';
        bytes[Magic + 1] = (byte)'Q';
        bytes[Format] = FormatVersion;
        bytes[Kind] = (byte)'N';
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(Layout), LayoutVersion);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(CreatedMillis), Created.Value);
        bool written = Incarnation.TryWriteBytes(bytes.AsSpan(IncarnationId), bigEndian: true, out _);
        Invariant.Check(written, "an incarnation id has 16 bytes");
        bytes[NodeIdLength] = (byte)node.Length;
        node.CopyTo(bytes, NodeIdBytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(Crc), Crc32C.Compute(bytes.AsSpan(Layout)));
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote. Never throws, whatever the bytes are.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DataDirectoryIdentity? identity, [NotNullWhen(false)] out string? problem)
    {
        identity = null;
        if (bytes.Length < FixedSize || bytes.Length > MaxSize)
        {
            problem = $"it has {bytes.Length} bytes, expected {FixedSize + 1} to {MaxSize}";
        }
        else if (bytes[Magic] != 'G' || bytes[Magic + 1] != 'Q' || bytes[Kind] != 'N')
        {
            problem = "it does not begin with GQ and kind N";
        }
        else if (bytes[Format] > FormatVersion)
        {
            problem = $"its format is version {bytes[Format]}, this program reads up to {FormatVersion}: it was written by a newer version";
        }
        else if (bytes[Format] != FormatVersion || BinaryPrimitives.ReadUInt32BigEndian(bytes[Crc..]) != Crc32C.Compute(bytes[Layout..]))
        {
            problem = "its checksum does not match its content";
        }
        else if (bytes[NodeIdLength] == 0 || bytes[NodeIdLength] != bytes.Length - FixedSize)
        {
            problem = $"its node id should have {bytes[NodeIdLength]} bytes, {bytes.Length - FixedSize} are there";
        }
        else
        {
            problem = null;
            identity = new DataDirectoryIdentity(
                BinaryPrimitives.ReadInt32BigEndian(bytes[Layout..]),
                new NodeId(Encoding.ASCII.GetString(bytes[NodeIdBytes..])),
                new Guid(bytes.Slice(IncarnationId, 16), bigEndian: true),
                new UnixMillis(BinaryPrimitives.ReadInt64BigEndian(bytes[CreatedMillis..])));
        }

        return problem is null;
    }
}
