using System.Buffers;
using System.IO.Compression;

namespace GoQueue.Core.Records.Compression;

/// <summary>Gzip (RFC 1952) over pooled memory.</summary>
internal static class GzipCodec
{
    public static void Compress(ReadOnlySpan<byte> source, PooledBytes output)
    {
        using PooledBytesStream sink = new(output);
        using GZipStream gzip = new(sink, CompressionLevel.Fastest, leaveOpen: true);
        gzip.Write(source);
    }

    public static unsafe Error? Inflate(ReadOnlySpan<byte> compressed, int maxBytes, out InflatedRecords? inflated)
    {
        fixed (byte* start = compressed)
        {
            using UnmanagedMemoryStream source = new(start, compressed.Length);
            return Inflate(source, compressed.Length, maxBytes, out inflated);
        }
    }

    private static Error? Inflate(Stream source, int compressedBytes, int maxBytes, out InflatedRecords? inflated)
    {
        inflated = null;
        byte[] output = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(4L * compressedBytes, 1, Math.Max(maxBytes, 1)));
        int length = 0;
        try
        {
            using GZipStream gzip = new(source, CompressionMode.Decompress);
            while (true)
            {
                // One byte of room beyond the cap tells a full output from one that is too large.
                int room = (int)Math.Min(output.Length, maxBytes + 1L) - length;
                if (room == 0)
                {
                    output = Double(output, length);
                    continue;
                }

                int read = gzip.Read(output, length, room);
                if (read == 0)
                {
                    break;
                }

                length += read;
                if (length > maxBytes)
                {
                    ArrayPool<byte>.Shared.Return(output);
                    return BatchCompression.TooLarge(CompressionCodec.Gzip, compressedBytes, maxBytes);
                }
            }
        }
        catch (InvalidDataException damage)
        {
            ArrayPool<byte>.Shared.Return(output);
            return RecordBatchValidator.Corrupt($"the records are not sound gzip data: {damage.Message}");
        }

        inflated = new InflatedRecords(output, length);
        return null;
    }

    private static byte[] Double(byte[] output, int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * output.Length, Array.MaxLength));
        output.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(output);
        return larger;
    }

    /// <summary>Write-only stream into a <see cref="PooledBytes"/>.</summary>
    private sealed class PooledBytesStream(PooledBytes output) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => output.Length;

        public override long Position
        {
            get => output.Length;
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => buffer.CopyTo(output.Extend(buffer.Length));

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
