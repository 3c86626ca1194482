using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Segments;

/// <summary>What stands at the scanner's position.</summary>
internal enum ScanStatus
{
    /// <summary>A whole batch with sane sizes and, when asked for, a valid checksum.</summary>
    Batch,

    /// <summary>Exactly the end of the range, or a zero header: reserved room that was never written.</summary>
    End,

    /// <summary>Anything else: a torn or damaged batch.</summary>
    Bad,
}

/// <summary>Walks the batches of a segment file with one growing pooled buffer. Says what stands there; what it means is the caller's matter.</summary>
internal sealed class BatchScanner(ILogFile file, long position, long limit, bool isVerifying, int chunkBytes = 1024 * 1024) : IDisposable
{
    private SharedBuffer? buffer;
    private long bufferStart;

    /// <summary>Byte position in the file of the next look.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Looks at the batch at <see cref="Position"/>; the span is valid until the next call.</summary>
    public ScanStatus Peek(out ReadOnlySpan<byte> batch)
    {
        batch = default;
        if (Position >= limit)
        {
            return ScanStatus.End;
        }

        ReadOnlySpan<byte> seen = Fill(RecordBatchLayout.HeaderSize);
        if (IsZeroHeader(seen))
        {
            return ScanStatus.End;
        }

        if (!TryMeasure(seen, limit - Position, out int size))
        {
            return ScanStatus.Bad;
        }

        seen = Fill(size);
        if (seen.Length < size)
        {
            return ScanStatus.Bad;
        }

        batch = seen[..size];
        return isVerifying && !HasValidCrc(batch) ? ScanStatus.Bad : ScanStatus.Batch;
    }

    public void Advance(int bytes) => Position += bytes;

    public void Dispose()
    {
        buffer?.Release();
        buffer = null;
    }

    /// <summary>The batch's size, when its header is whole, of our magic, and its sizes and counts are possible within the room.</summary>
    public static bool TryMeasure(ReadOnlySpan<byte> seen, long room, out int size)
    {
        size = 0;
        if (seen.Length < RecordBatchLayout.HeaderSize)
        {
            return false;
        }

        RecordBatchHeader header = new(seen);
        if (header.Magic != RecordBatchLayout.CurrentMagic || header.TotalSize < RecordBatchLayout.HeaderSize || header.TotalSize > room
            || header.BaseOffset.Value < 0 || header.LastOffsetDelta < 0 || header.RecordCount < 0
            || header.RecordCount > (long)header.LastOffsetDelta + 1)
        {
            return false;
        }

        size = (int)header.TotalSize;
        return true;
    }

    public static bool HasValidCrc(ReadOnlySpan<byte> batch) =>
        Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)) == new RecordBatchHeader(batch).Crc;

    /// <summary>Reserved room reads as zeros; no batch begins with a zero length and magic.</summary>
    public static bool IsZeroHeader(ReadOnlySpan<byte> seen) =>
        !seen[..Math.Min(seen.Length, RecordBatchLayout.HeaderSize)].ContainsAnyExcept((byte)0);

    /// <summary>At least <paramref name="wanted"/> bytes from the position on, or as many as there are below the limit.</summary>
    private ReadOnlySpan<byte> Fill(int wanted)
    {
        int available = buffer is null ? 0 : (int)(bufferStart + buffer.Length - Position);
        if (available >= wanted)
        {
            return buffer!.Span[(int)(Position - bufferStart)..];
        }

        long room = limit - Position;
        if (available >= room && available > 0)
        {
            return buffer!.Span[(int)(Position - bufferStart)..];
        }

        SharedBuffer next = SharedBuffer.Rent((int)Math.Min(room, Math.Max(wanted, chunkBytes)));
        int read = file.Read(Position, next.Span);
        next.Truncate(read);
        buffer?.Release();
        buffer = next;
        bufferStart = Position;
        return next.Span;
    }
}
