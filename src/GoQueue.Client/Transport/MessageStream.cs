using System.Buffers;
using GoQueue.Core;

namespace GoQueue.Client.Transport;

/// <summary>
/// Reads length-prefixed messages from a response body. Small messages share one read buffer; a message that does not fit is read straight
/// into its own. One reader at a time; the owner disposes it.
/// </summary>
internal sealed class MessageStream(Stream body, int maxMessageBytes) : IDisposable
{
    private const int ReadBufferBytes = 32 << 10;

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBufferBytes);
    private int start;
    private int end;

    /// <summary>Whether a further message or part of it was received already, so that the next read may not wait.</summary>
    public bool HasBuffered => end > start;

    /// <summary>The next message, or null at the end of the body. The caller owns the buffer's one reference.</summary>
    /// <exception cref="GoQueueException">The body ends within a message, or a message is compressed or too large.</exception>
    public ValueTask<SharedBuffer?> ReadAsync(CancellationToken cancellationToken) => ReadAsync(null, null, cancellationToken);

    /// <summary>
    /// As the plain read, but waits for <paramref name="admit"/> once the size is known and before any memory is taken; when the message then
    /// cannot be read, <paramref name="dismiss"/> is told the same size.
    /// </summary>
    public async ValueTask<SharedBuffer?> ReadAsync(Func<int, CancellationToken, ValueTask>? admit, Action<int>? dismiss, CancellationToken cancellationToken)
    {
        if (!await FillAsync(GrpcFrame.PrefixBytes, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        int length = TakePrefix();
        if (admit is not null)
        {
            await admit(length, cancellationToken).ConfigureAwait(false);
        }

        SharedBuffer message = SharedBuffer.Rent(length);
        try
        {
            int here = Math.Min(length, end - start);
            buffer.AsSpan(start, here).CopyTo(message.Span);
            start += here;
            await body.ReadExactlyAsync(message.Memory[here..], cancellationToken).ConfigureAwait(false);
            return message;
        }
        catch (Exception problem)
        {
            message.Release();
            dismiss?.Invoke(length);
            if (problem is EndOfStreamException)
            {
                throw Cut(problem);
            }

            throw;
        }
    }

    /// <summary>
    /// Lets <paramref name="take"/> look at the next message in place, for messages known to be small. False at the end of the body.
    /// </summary>
    public async ValueTask<bool> VisitAsync(Action<ReadOnlyMemory<byte>> take, CancellationToken cancellationToken)
    {
        if (!await FillAsync(GrpcFrame.PrefixBytes, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        int length = TakePrefix();
        if (length > 0 && !await FillAsync(length, cancellationToken).ConfigureAwait(false))
        {
            throw Cut(null);
        }

        ReadOnlyMemory<byte> message = buffer.AsMemory(start, length);
        start += length;
        take(message);
        return true;
    }

    public void Dispose()
    {
        byte[] returned = buffer;
        buffer = [];
        start = end = 0;
        if (returned.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(returned);
        }
    }

    private int TakePrefix()
    {
        (bool isCompressed, uint length) = GrpcFrame.ReadPrefix(buffer.AsSpan(start));
        start += GrpcFrame.PrefixBytes;
        if (isCompressed)
        {
            throw new GoQueueException(ErrorCode.MalformedRequest, "the server compressed a message although the client did not offer to inflate any");
        }

        return length <= maxMessageBytes
            ? (int)length
            : throw new GoQueueException(ErrorCode.MessageTooLarge, $"the server sent a message of {length} bytes, {maxMessageBytes} are accepted");
    }

    /// <summary>Makes at least <paramref name="count"/> bytes stand in the buffer; false when the body ends exactly here.</summary>
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        while (end - start < count)
        {
            MakeRoom(count);
            int read = await body.ReadAsync(buffer.AsMemory(end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return end == start ? false : throw Cut(null);
            }

            end += read;
        }

        return true;
    }

    private void MakeRoom(int count)
    {
        if (start == end)
        {
            start = end = 0;
        }

        if (buffer.Length - start >= count && end < buffer.Length)
        {
            return;
        }

        byte[] target = count > buffer.Length ? ArrayPool<byte>.Shared.Rent(count) : buffer;
        buffer.AsSpan(start, end - start).CopyTo(target);
        if (target != buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = target;
        }

        end -= start;
        start = 0;
    }

    private static GoQueueException Cut(Exception? cause) => new(ErrorCode.Unreachable, "the connection ended within a message", cause);
}
