using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Directories;

namespace GoQueue.Broker.Registration;

/// <summary>
/// The file that says the broker stopped with everything flushed, and under which registration (L3). Written last, taken away before the next
/// registration, so that it never vouches for more than one stop. Bytes: docs/internals/clean-stop.md.
/// </summary>
internal static class CleanStopMarker
{
    public const string FileName = "broker-stopped";

    private const int Size = 32;
    private const byte Version = 1;
    private const byte Kind = (byte)'B';

    public static void Write(ILogDirectory data, Guid incarnation, BrokerEpoch epoch)
    {
        const string temporary = FileName + ".tmp";
        data.Delete(temporary);
        using (ILogFile file = data.Create(temporary))
        {
            file.Write(0, Encode(incarnation, epoch));
            file.Flush();
        }

        data.Rename(temporary, FileName);
        data.Sync();
    }

    /// <summary>The epoch of the clean stop, and the marker is gone for good; none without a readable marker of this disk.</summary>
    public static BrokerEpoch Take(ILogDirectory data, Guid incarnation)
    {
        if (!data.Exists(FileName))
        {
            return BrokerEpoch.None;
        }

        byte[] bytes = new byte[Size];
        bool isWhole;
        using (ILogFile file = data.Open(FileName, writable: false))
        {
            isWhole = file.Length == Size && file.Read(0, bytes) == Size;
        }

        data.Delete(FileName);
        data.Sync();
        return isWhole ? Decode(bytes, incarnation) : BrokerEpoch.None;
    }

    internal static byte[] Encode(Guid incarnation, BrokerEpoch epoch)
    {
        byte[] bytes = new byte[Size];
        bytes[0] = (byte)'G';
        bytes[1] = (byte)'Q';
        bytes[2] = Kind;
        bytes[3] = Version;
        incarnation.TryWriteBytes(bytes.AsSpan(8), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(24), epoch.Value);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), Crc32C.Compute(bytes.AsSpan(8)));
        return bytes;
    }

    internal static BrokerEpoch Decode(ReadOnlySpan<byte> bytes, Guid incarnation)
    {
        bool isOurs = bytes.Length == Size && bytes[0] == 'G' && bytes[1] == 'Q' && bytes[2] == Kind && bytes[3] == Version
            && BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) == Crc32C.Compute(bytes[8..])
            && new Guid(bytes[8..24], bigEndian: true) == incarnation;
        long epoch = isOurs ? BinaryPrimitives.ReadInt64BigEndian(bytes[24..]) : 0;
        return epoch > 0 ? new BrokerEpoch(epoch) : BrokerEpoch.None;
    }
}
