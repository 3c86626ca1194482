using System.Buffers;
using System.Runtime.ExceptionServices;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Grpc.Protocol;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>
/// One <c>PublishStream</c>. The reader takes requests and hands their batches to the broker without waiting for answers; the writer sends the
/// answers, all that are there at once in one flush. What another node leads is not passed on: the answer names that node, and the client goes there. Bytes and batches without an answer are bounded: at the bound the reader stops, HTTP/2 flow
/// control then stops the client.
/// </summary>
/// <remarks>
/// Reader and writer are two loops that meet in the lines, under <c>gate</c>. A batch that was handed over is not taken back: when the call ends
/// early its answer is dropped, its fate is the broker's.
/// </remarks>
internal sealed class PublishStreamCall(GrpcCall call, ITopicRequests topics, IPartitionRoutes partitions)
{
    private const int MaxFree = 256; // pooled objects a stream keeps

    private readonly Lock gate = new();
    private readonly StreamTopics streamTopics = new(topics);
    private readonly PublishLine refusals = new();
    private readonly AsyncSignal answersCame = new();
    private readonly AsyncSignal roomCame = new();
    private readonly List<PendingBatch> sending = [];

    // Written under gate:
    private readonly List<PublishLine> readyLines = [];
    private readonly Stack<PendingBatch> free = new();
    private long inFlightBytes;
    private int inFlightBatches;
    private bool hasReadAll;
    private volatile bool isAbandoned;
    private volatile bool isFull;
    private ExceptionDispatchInfo? failure;

    public async ValueTask<GrpcStatus> RunAsync()
    {
        call.DrainsAtStop = true;
        if (!await call.StartAsync())
        {
            return call.WhyCancelled();
        }

        using CancellationTokenRegistration wake = call.Token.UnsafeRegister(static self => ((PublishStreamCall)self!).WakeBoth(), this);
        Task writer = WriteAsync();
        GrpcStatus status;
        try
        {
            status = await ReadAsync();
        }
        finally
        {
            lock (gate)
            {
                hasReadAll = true;
            }

            answersCame.Set();
            await writer;
        }

        failure?.Throw();
        return status.IsOk && isAbandoned ? call.WhyCancelled() : status;
    }

    /// <summary>A batch has its answer. From any thread, also from inside <c>PublishAsync</c>.</summary>
    public void Answer(PendingBatch batch, in PublishReceipt receipt)
    {
        lock (gate)
        {
            batch.Receipt = receipt;
            batch.IsAnswered = true;
            if (!batch.Line.HasAnswer || batch.Line.IsReady)
            {
                return; // an older one of the line is missing, or the writer comes by anyway
            }

            batch.Line.IsReady = true;
            readyLines.Add(batch.Line);
        }

        answersCame.Set();
    }

    /// <summary>The broker threw, which it does not do for anything a client sends: the call ends.</summary>
    public void Fail(Exception thrown)
    {
        lock (gate)
        {
            failure ??= ExceptionDispatchInfo.Capture(thrown);
            isAbandoned = true;
        }

        call.Reader.Interrupt();
        WakeBoth();
    }

    private async Task<GrpcStatus> ReadAsync()
    {
        MessageReader reader = call.Reader;
        while (true)
        {
            switch (reader.TryNext())
            {
                case MessageRead.Message when !TryTake(reader.Payload):
                    return GrpcStatus.Of(ErrorCode.MalformedRequest, "not a PublishStreamRequest: the bytes do not parse");
                case MessageRead.Message:
                    while (isFull && !MustStop())
                    {
                        await roomCame.WaitAsync();
                    }

                    break;
                case MessageRead.NeedMore:
                    await reader.FillAsync();
                    break;
                case MessageRead.End:
                    return GrpcStatus.Ok;
                case MessageRead.Failed:
                    return reader.Failure;
                default:
                    return call.WhyCancelled();
            }

            if (MustStop())
            {
                return call.WhyCancelled();
            }
        }
    }

    /// <summary>False when the bytes are not a request. Anything else is answered by a response of its own.</summary>
    private bool TryTake(in ReadOnlySequence<byte> message)
    {
        if (!PublishStreamRequestParser.TryParse(message, out PublishStreamRequestParser request))
        {
            return false;
        }

        Error? refusal = streamTopics.Find(request.Topic, request.Partition, out StreamTarget target);
        if (!WireAcks.TryParse(request.Acks, out Acks acks))
        {
            refusal ??= new Error(ErrorCode.InvalidArgument, $"acks {request.Acks}: use NONE (1), LEADER (2) or ALL (3)");
        }

        PendingBatch pending = Enter(request, acks, target);
        if (refusal is { } error)
        {
            Answer(pending, PublishReceipt.Refused(error.Code, error.Detail));
            return true;
        }

        SharedBuffer batch = SharedBuffer.Rent((int)request.Batch.Length); // the one copy: from the pipe into what the log will write
        request.Batch.CopyTo(batch.Span);
        try
        {
            pending.WaitFor(partitions.Here.PublishAsync(new PublishRequest(target.Partition, batch, acks)));
        }
        catch (Exception thrown)
        {
            Fail(thrown);
        }

        return true;
    }

    private PendingBatch Enter(in PublishStreamRequestParser request, Acks acks, in StreamTarget target)
    {
        PublishLine line = target.Line ?? refusals;
        lock (gate)
        {
            PendingBatch pending = free.TryPop(out PendingBatch? reused) ? reused : new PendingBatch(this);
            pending.CorrelationId = request.CorrelationId;
            pending.Acks = acks;
            pending.Partition = target.Partition;
            pending.Bytes = (int)request.Batch.Length;
            pending.Line = line;
            pending.IsAnswered = false;
            line.Add(pending);
            inFlightBytes += pending.Bytes;
            inFlightBatches++;
            isFull = IsAtBound();
            return pending;
        }
    }

    /// <summary>Never fails: what goes wrong here ends the reader too.</summary>
    private async Task WriteAsync()
    {
        try
        {
            bool isLast = false;
            while (!isLast && !MustStop())
            {
                await answersCame.WaitAsync();
                isLast = TakeAnswers();
                if (!await SendAsync())
                {
                    Abandon();
                }
            }
        }
        catch (Exception thrown)
        {
            Fail(thrown);
        }
    }

    /// <summary>Writes the answers at hand and flushes once. False when the client takes no more.</summary>
    private ValueTask<bool> SendAsync()
    {
        if (sending.Count == 0)
        {
            return new(true);
        }

        foreach (PendingBatch batch in sending)
        {
            PublishStreamResponseWriter.Write(call.Output, batch, batch.Receipt.Error.Code == ErrorCode.NotLeader ? partitions.LeaderOf(batch.Partition) : null);
        }

        Recycle();
        return call.FlushAsync();
    }

    /// <summary>Moves what can be answered into <c>sending</c>. True when nothing will come after it.</summary>
    private bool TakeAnswers()
    {
        lock (gate)
        {
            foreach (PublishLine line in readyLines)
            {
                line.IsReady = false;
                while (line.Take() is { } batch)
                {
                    sending.Add(batch);
                }
            }

            readyLines.Clear();
            return hasReadAll && inFlightBatches == sending.Count;
        }
    }

    private void Recycle()
    {
        lock (gate)
        {
            foreach (PendingBatch batch in sending)
            {
                inFlightBytes -= batch.Bytes;
                inFlightBatches--;
                batch.Receipt = default;
                if (free.Count < MaxFree)
                {
                    free.Push(batch);
                }
            }

            isFull = IsAtBound();
        }

        sending.Clear();
        if (!isFull)
        {
            roomCame.Set();
        }
    }

    private bool IsAtBound() => inFlightBytes >= call.Limits.StreamInFlightBytes || inFlightBatches >= call.Limits.StreamInFlightBatches;

    /// <summary>True when answers are not worth waiting for. A node that stops is not such a case: what was taken is answered.</summary>
    private bool MustStop() => isAbandoned || (call.Token.IsCancellationRequested && call.WhyCancelled().Cause != ErrorCode.ShuttingDown);

    private void Abandon()
    {
        lock (gate)
        {
            isAbandoned = true;
        }

        call.Reader.Interrupt();
        roomCame.Set();
    }

    private void WakeBoth()
    {
        answersCame.Set();
        roomCame.Set();
    }
}
