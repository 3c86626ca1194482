using System.Buffers;
using System.IO.Compression;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>Compression of single messages as named by <c>grpc-encoding</c>. We take gzip and send everything plain.</summary>
internal static class GrpcCompression
{
    public const string Accepted = "identity,gzip";

    public static bool IsKnown(string? encoding) => encoding is null or "" or "identity" or "gzip";

    /// <summary>
    /// Inflates one gzip message. The output is bounded while inflating, so a bomb costs at most <paramref name="maxBytes"/>. The caller returns
    /// the array to the shared pool; it is null when there is a failure.
    /// </summary>
    public static GrpcStatus Inflate(in ReadOnlySequence<byte> compressed, int maxBytes, out byte[]? inflated, out int length)
    {
        inflated = null;
        length = 0;
        byte[] output = ArrayPool<byte>.Shared.Rent((int)Math.Min(maxBytes, Math.Max(1024, compressed.Length * 4)));
        try
        {
            using GZipStream gzip = new(new MemoryStream(compressed.ToArray(), writable: false), CompressionMode.Decompress);
            int filled = 0;
            while (true)
            {
                if (filled == output.Length)
                {
                    output = Grow(output);
                }

                int read = gzip.Read(output, filled, output.Length - filled);
                if (read == 0)
                {
                    break;
                }

                filled += read;
                if (filled > maxBytes)
                {
                    ArrayPool<byte>.Shared.Return(output);
                    return TooLarge(maxBytes);
                }
            }

            inflated = output;
            length = filled;
            return GrpcStatus.Ok;
        }
        catch (InvalidDataException)
        {
            ArrayPool<byte>.Shared.Return(output);
            return GrpcStatus.Of(Core.ErrorCode.MalformedRequest, "the message is marked as gzip but does not inflate");
        }
    }

    public static GrpcStatus TooLarge(long maxBytes) =>
        new(GrpcStatusCode.ResourceExhausted, $"the message is larger than the {maxBytes} bytes this server takes", Core.ErrorCode.MessageTooLarge);

    private static byte[] Grow(byte[] full)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
