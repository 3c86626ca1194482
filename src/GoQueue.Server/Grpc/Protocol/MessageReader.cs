using System.Buffers;
using System.IO.Pipelines;
using GoQueue.Core;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>
/// Cuts the request body into messages. Use: while <see cref="TryNext"/> says <see cref="MessageRead.NeedMore"/>, await <see cref="FillAsync"/>.
/// Messages that arrived together are taken without awaiting. The length is checked before anything is kept for it.
/// </summary>
/// <remarks>One reader at a time. <see cref="Payload"/> is valid until the next call of either method.</remarks>
internal sealed class MessageReader(PipeReader input, GrpcLimits limits, bool isGzip, CallWatchdog watchdog)
{
    private Watch? watch;
    private ReadOnlySequence<byte> unread;
    private bool holdsRead;
    private bool isCompleted;
    private bool isInterrupted;
    private bool isGone;
    private byte[]? inflated;

    /// <summary>The message that <see cref="TryNext"/> found, inflated if it was compressed.</summary>
    public ReadOnlySequence<byte> Payload { get; private set; }

    /// <summary>Why reading ended, after <see cref="MessageRead.Failed"/>.</summary>
    public GrpcStatus Failure { get; private set; }

    /// <summary>Whether a wait with nothing begun is also limited: true for calls that take one message, which has to come.</summary>
    public bool ExpectsMessage { get; init; }

    /// <summary>Bytes of further messages, or of parts of one, are at hand.</summary>
    public bool HasMore => !unread.IsEmpty;

    public MessageRead TryNext()
    {
        ReturnInflated();
        if (!GrpcFrame.TryReadPrefix(unread, out byte flag, out uint length))
        {
            return AtBoundary();
        }

        if (length > (uint)limits.MaxMessageBytes)
        {
            return Fail(new GrpcStatus(
                GrpcStatusCode.ResourceExhausted,
                $"the message announces {length} bytes, this server takes {limits.MaxMessageBytes}",
                ErrorCode.MessageTooLarge));
        }

        if (flag > 1)
        {
            return Fail(GrpcStatus.Of(ErrorCode.MalformedRequest, $"the first byte of a message is 0 or 1, this one is {flag}"));
        }

        if (unread.Length - GrpcFrame.PrefixSize < length)
        {
            return AtBoundary();
        }

        Payload = unread.Slice(GrpcFrame.PrefixSize, length);
        unread = unread.Slice(Payload.End);
        watch?.Disarm();
        return flag == 0 ? MessageRead.Message : Inflate();
    }

    /// <summary>Waits for more bytes; call it after <see cref="MessageRead.NeedMore"/> only.</summary>
    public ValueTask FillAsync()
    {
        ValueTask<ReadResult> read;
        try
        {
            Release(unread.Start, unread.End);
            if (ExpectsMessage || !unread.IsEmpty)
            {
                watch ??= new Watch(watchdog, Wake);
                watch.Arm(limits.MessageTimeout);
            }

            read = input.ReadAsync();
        }
        catch (Exception gone) when (Transport.IsFailure(gone))
        {
            isGone = true; // the stream was reset before we asked
            return ValueTask.CompletedTask;
        }

        if (!read.IsCompletedSuccessfully)
        {
            return Awaited(read);
        }

        Take(read.Result);
        return ValueTask.CompletedTask;

        async ValueTask Awaited(ValueTask<ReadResult> pending)
        {
            try
            {
                Take(await pending);
            }
            catch (Exception gone) when (Transport.IsFailure(gone))
            {
                isGone = true; // a reset stream or a lost connection surfaces here first
            }
        }
    }

    /// <summary>Makes a reader that waits now, or will wait next, come back with <see cref="MessageRead.Interrupted"/>. From any thread.</summary>
    public void Interrupt()
    {
        Volatile.Write(ref isInterrupted, true);
        Wake();
    }

    /// <summary>
    /// Gives back what is held. The request body is not waited for. After it the watch will not fire, which every end of a call needs: Kestrel
    /// uses the same objects for the next call, and a late wake-up would end that one. Idempotent.
    /// </summary>
    public void Close()
    {
        watch?.Disarm();
        ReturnInflated();
        try
        {
            Release(unread.End, unread.End);
        }
        catch (Exception gone) when (Transport.IsFailure(gone))
        {
            // The body was aborted: nothing of it is held any more.
        }

        unread = default;
        isCompleted = true;
    }

    private MessageRead AtBoundary()
    {
        if (isGone)
        {
            return Fail(new GrpcStatus(GrpcStatusCode.Cancelled, "the client cancelled the call"));
        }

        if (watch is { HasFired: true })
        {
            return Fail(GrpcStatus.Of(
                ErrorCode.Timeout, $"{unread.Length} bytes of a message arrived, and not the rest within {limits.MessageTimeout.TotalSeconds} s"));
        }

        if (Volatile.Read(ref isInterrupted))
        {
            return MessageRead.Interrupted;
        }

        if (!isCompleted)
        {
            return MessageRead.NeedMore;
        }

        return unread.IsEmpty
            ? MessageRead.End
            : Fail(GrpcStatus.Of(ErrorCode.MalformedRequest, $"the call ended inside a message, after {unread.Length} of its bytes"));
    }

    private void Take(in ReadResult result)
    {
        holdsRead = true;
        unread = result.Buffer;
        isCompleted = result.IsCompleted;
    }

    private MessageRead Inflate()
    {
        if (!isGzip)
        {
            return Fail(new GrpcStatus(GrpcStatusCode.Internal, "a message is marked as compressed, and grpc-encoding names no compression"));
        }

        GrpcStatus status = GrpcCompression.Inflate(Payload, limits.MaxMessageBytes, out inflated, out int length);
        if (!status.IsOk)
        {
            return Fail(status);
        }

        Payload = new ReadOnlySequence<byte>(inflated!, 0, length);
        return MessageRead.Message;
    }

    private MessageRead Fail(GrpcStatus failure)
    {
        watch?.Disarm();
        Failure = failure;
        return MessageRead.Failed;
    }

    private void Release(SequencePosition consumed, SequencePosition examined)
    {
        if (holdsRead)
        {
            holdsRead = false;
            input.AdvanceTo(consumed, examined);
        }
    }

    private void Wake()
    {
        try
        {
            input.CancelPendingRead();
        }
        catch (Exception ended) when (Transport.IsFailure(ended))
        {
            // Kestrel has aborted or closed the body already: whoever reads it is awake.
        }
    }

    private void ReturnInflated()
    {
        if (inflated is not null)
        {
            ArrayPool<byte>.Shared.Return(inflated);
            inflated = null;
        }
    }
}

/// <summary>What <see cref="MessageReader.TryNext"/> found.</summary>
internal enum MessageRead
{
    Message,

    /// <summary>Not yet a whole message.</summary>
    NeedMore,

    /// <summary>The client has sent all.</summary>
    End,

    /// <summary>Not a message, too large, or too late: the call ends with <see cref="MessageReader.Failure"/>.</summary>
    Failed,

    /// <summary>The call itself is ending: its deadline passed or the node stops.</summary>
    Interrupted,
}
