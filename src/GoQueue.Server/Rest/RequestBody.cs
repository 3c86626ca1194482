using System.Buffers;
using System.IO.Pipelines;
using System.Text.Unicode;
using GoQueue.Core;
using GoQueue.Server.Configuration;
using Microsoft.Net.Http.Headers;

namespace GoQueue.Server.Rest;

/// <summary>A whole JSON request body in pooled memory that counts against <see cref="BodyMemory"/> until disposed.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstChunk = 16 << 10;

    private readonly BodyMemory memory;
    private byte[] bytes;
    private long reserved;
    private int length;

    private RequestBody(BodyMemory memory, byte[] bytes, long reserved)
    {
        this.memory = memory;
        this.bytes = bytes;
        this.reserved = reserved;
    }

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, length);

    /// <summary>Checks the media type and the announced length before a byte is read. Null: the problem is answered already.</summary>
    public static async ValueTask<RequestBody?> ReadJsonAsync(HttpContext context, HttpOptions limits, BodyMemory memory)
    {
        HttpRequest request = context.Request;
        if (!IsJson(request.ContentType))
        {
            await Problem.WriteAsync(
                context,
                new Error(ErrorCode.MalformedRequest, $"the content type is {(request.ContentType is null ? "missing" : $"'{request.ContentType}'")}, expected application/json (UTF-8)"),
                StatusCodes.Status415UnsupportedMediaType);
            return null;
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            await Problem.WriteAsync(
                context,
                new Error(ErrorCode.MalformedRequest, $"content encoding '{request.Headers.ContentEncoding}' is not taken; send the body plain"),
                StatusCodes.Status415UnsupportedMediaType);
            return null;
        }

        long announced = request.ContentLength ?? 0;
        if (announced > limits.MaxBodyBytes)
        {
            await Problem.WriteAsync(context, TooLarge(announced, limits));
            return null;
        }

        int first = announced > 0 ? (int)announced : FirstChunk;
        if (!memory.TryReserve(first))
        {
            await Problem.WriteAsync(context, Full());
            return null;
        }

        RequestBody body = new(memory, ArrayPool<byte>.Shared.Rent(first), first);
        Error? refusal;
        try
        {
            refusal = await body.FillAsync(request.BodyReader, limits, context.RequestAborted);
        }
        catch
        {
            body.Dispose();
            throw;
        }

        if (refusal is { } error)
        {
            body.Dispose();
            await Problem.WriteAsync(context, error);
            return null;
        }

        return body;
    }

    public void Dispose()
    {
        if (reserved > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            memory.Release(reserved);
            bytes = [];
            reserved = 0;
            length = 0;
        }
    }

    private async ValueTask<Error?> FillAsync(PipeReader reader, HttpOptions limits, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellationToken);
            Error? refusal = Take(read.Buffer, limits);

            // Also when it is refused: the server drops the rest of the body, and cannot while a read is open.
            reader.AdvanceTo(read.Buffer.End);
            if (refusal is not null)
            {
                return refusal;
            }

            if (read.IsCompleted)
            {
                break;
            }
        }

        return Utf8.IsValid(Span) ? null : new Error(ErrorCode.MalformedRequest, "the body is not valid UTF-8");
    }

    private Error? Take(in ReadOnlySequence<byte> arrived, HttpOptions limits)
    {
        long total = length + arrived.Length;
        if (total > limits.MaxBodyBytes)
        {
            return TooLarge(total, limits);
        }

        if (!TryGrow((int)total))
        {
            return Full();
        }

        arrived.CopyTo(bytes.AsSpan(length));
        length = (int)total;
        return null;
    }

    private bool TryGrow(int needed)
    {
        if (needed <= reserved)
        {
            return true;
        }

        long more = Math.Max(needed, 2 * reserved) - reserved;
        if (!memory.TryReserve(more))
        {
            return false;
        }

        reserved += more;
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)reserved);
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
        return true;
    }

    private static bool IsJson(string? contentType)
    {
        if (contentType is "application/json" or "application/json; charset=utf-8")
        {
            return true;
        }

        return MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? parsed)
            && (parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || parsed.MediaType.Equals("application/merge-patch+json", StringComparison.OrdinalIgnoreCase))
            && (!parsed.Charset.HasValue || parsed.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                || parsed.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
    }

    private static Error TooLarge(long bytes, HttpOptions limits) =>
        new(ErrorCode.MessageTooLarge, $"the body has {bytes} bytes or more, at most {limits.MaxBodyBytes} are taken (http.max-body-bytes)");

    private static Error Full() => new(ErrorCode.Overloaded, "the memory for request bodies is in use (http.body-memory); nothing was done");
}
