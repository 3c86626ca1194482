using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Segments;

namespace GoQueue.Storage.Recovery;

/// <summary>A good batch found behind a bad place.</summary>
internal readonly record struct GoodBatch(long Position, Offset BaseOffset);

/// <summary>
/// Judges a bad place at or after the checkpoint (reliability.md section 6 rule 4). Nothing valid behind it: a torn tail. Something valid
/// behind it: damage, with one exception. When several batches of one un-flushed write were on their way, the device may have kept a
/// later one and not an earlier one. That is a torn tail too, and it shows: the missing sectors were never written, so they still hold the
/// zeros of the reserved room, and everything from there to the end of the data fits the window that the log never leaves un-flushed.
/// </summary>
internal static class TornTail
{
    private const int SectorBytes = 512;
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Bound on the bytes checksummed in one search, against data made to look like batches.</summary>
    private const long SearchBudgetBytes = 4L * 1024 * 1024 * 1024;

    /// <summary>The first sound batch behind <paramref name="bad"/> whose successor is sound too, or the end.</summary>
    public static GoodBatch? FindBehind(ILogFile file, long bad, long limit, Offset expected, LeaderEpoch epoch)
    {
        long budget = SearchBudgetBytes;
        using SharedBuffer buffer = SharedBuffer.Rent((int)Math.Min(ChunkBytes, limit - bad));
        long start = bad + 1;
        while (limit - start >= RecordBatchLayout.HeaderSize)
        {
            int wanted = (int)Math.Min(buffer.Length, limit - start);
            ReadOnlySpan<byte> chunk = buffer.Span[..file.Read(start, buffer.Span[..wanted])];
            if (chunk.Length < RecordBatchLayout.HeaderSize)
            {
                return null;
            }

            int at = 0;
            while (true)
            {
                // A batch has its magic byte 16 bytes in; zeros, the usual content here, are skipped at memory speed.
                int hit = chunk[(at + RecordBatchLayout.Magic)..].IndexOf(RecordBatchLayout.CurrentMagic);
                if (hit < 0 || at + hit > chunk.Length - RecordBatchLayout.HeaderSize)
                {
                    break;
                }

                at += hit;
                if (IsPlausible(chunk[at..], limit - start - at, expected, epoch, out int size)
                    && IsSound(file, start + at, size, limit, ref budget))
                {
                    return new GoodBatch(start + at, new RecordBatchHeader(chunk[at..]).BaseOffset);
                }

                at++;
                if (at > chunk.Length - RecordBatchLayout.HeaderSize)
                {
                    break;
                }
            }

            start += chunk.Length - RecordBatchLayout.HeaderSize + 1;
        }

        return null;
    }

    /// <summary>
    /// True when [<paramref name="bad"/>, <paramref name="good"/>) shows a sector that was never written and the rest of the data is within
    /// the un-flushed window.
    /// </summary>
    public static bool IsUnwritten(ILogFile file, long bad, long good, long dataEnd, long window)
    {
        if (dataEnd - bad > window)
        {
            return false;
        }

        Span<byte> sector = stackalloc byte[SectorBytes];
        for (long from = bad; from < good;)
        {
            // The last of them may reach into the good batch: its first bytes, the high ones of the offset, are zeros when written too.
            long boundary = ((from / SectorBytes) + 1) * SectorBytes;
            Span<byte> part = sector[..(int)(boundary - from)];
            if (file.Read(from, part) != part.Length || !part.ContainsAnyExcept((byte)0))
            {
                return true;
            }

            from = boundary;
        }

        return false;
    }

    /// <summary>Position behind the last byte that is not zero: where the data ends at the latest.</summary>
    public static long DataEnd(ILogFile file, long from, long limit)
    {
        using SharedBuffer buffer = SharedBuffer.Rent((int)Math.Clamp(limit - from, 1, ChunkBytes));
        long end = limit;
        while (end > from)
        {
            int wanted = (int)Math.Min(buffer.Length, end - from);
            ReadOnlySpan<byte> chunk = buffer.Span[..file.Read(end - wanted, buffer.Span[..wanted])];
            int last = chunk.LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
            {
                return end - wanted + last + 1;
            }

            end -= wanted;
        }

        return from;
    }

    private static bool IsPlausible(ReadOnlySpan<byte> seen, long room, Offset expected, LeaderEpoch epoch, out int size) =>
        BatchScanner.TryMeasure(seen, room, out size)
        && BinaryPrimitives.ReadInt64BigEndian(seen) is long offset && offset > expected.Value && offset - expected.Value <= int.MaxValue
        && new RecordBatchHeader(seen).LeaderEpoch >= epoch;

    /// <summary>Valid itself, and followed by the end, by reserved room, or by the header of the next offset.</summary>
    private static bool IsSound(ILogFile file, long position, int size, long limit, ref long budget)
    {
        budget -= size;
        if (budget < 0)
        {
            return false;
        }

        using SharedBuffer batch = SharedBuffer.Rent(size);
        if (file.Read(position, batch.Span) != size || !BatchScanner.HasValidCrc(batch.Span))
        {
            return false;
        }

        Offset next = new RecordBatchHeader(batch.Span).NextOffset;
        Span<byte> follower = stackalloc byte[RecordBatchLayout.HeaderSize];
        int read = file.Read(position + size, follower[..(int)Math.Min(follower.Length, limit - position - size)]);
        return BatchScanner.IsZeroHeader(follower[..read])
            || (read >= sizeof(long) && BinaryPrimitives.ReadInt64BigEndian(follower) == next.Value);
    }
}
