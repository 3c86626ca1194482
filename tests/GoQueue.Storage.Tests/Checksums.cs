using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Tests;

internal static class Checksums
{
    /// <summary>Makes the checksum of a framed file right again after a change.</summary>
    public static void Fix(Span<byte> frame, string name) =>
        BinaryPrimitives.WriteUInt32BigEndian(frame[8..], Crc32C.Append(Crc32C.Append(FramedFile.Place(Batches.Log, name), frame[..8]), frame[12..]));
}
