using System.Text.Json;
using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Rest.Reading;

/// <summary>
/// <c>GET /v1/topics/{topic}/partitions/{partition}/messages</c>: one stretch of a partition, waiting for the first message when asked to. The
/// answer is written while batches are read, so its size does not sit in memory; a reader that does not take it is cut (<c>http.write-timeout</c>).
/// </summary>
internal sealed class MessagesEndpoint(RestContext rest, LongPolls polls)
{
    /// <summary>Bytes that are written before the reader must have taken those before them; one batch may go beyond.</summary>
    private const int FlushBytes = 64 << 10;

    /// <summary>Reads that find only what nobody sees (state records, expired messages) before an empty answer says where to go on.</summary>
    private const int MaxEmptyReads = 64;

    public async Task HandleAsync(HttpContext context)
    {
        if (!rest.PartitionOf(context).TryGet(out (Metadata.Topics.TopicImage Topic, TopicPartition Partition) target, out Error error)
            || !MessagesQuery.Read(context.Request.Query).TryGet(out MessagesQuery? query, out error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        Result<Offset> from = await StartOfAsync(target.Partition, query, context.RequestAborted);
        if (!from.IsOk)
        {
            await Problem.WriteAsync(context, from.Error);
            return;
        }

        bool waits = query.Wait > TimeSpan.Zero && polls.TryEnter();
        try
        {
            await ReadAsync(context, target.Partition, query, from.Value, waits ? query.Wait : TimeSpan.Zero);
        }
        finally
        {
            if (waits)
            {
                polls.Leave();
            }
        }
    }

    private async ValueTask<Result<Offset>> StartOfAsync(TopicPartition partition, MessagesQuery query, CancellationToken cancellationToken)
    {
        if (query.From is { } asked)
        {
            return asked;
        }

        if (!query.FromEnd && query.FromTime is null)
        {
            return await rest.Partitions.LogStartAsync(partition, cancellationToken);
        }

        if (query.FromTime is { } time)
        {
            Result<Offset> found = await rest.Partitions.OffsetForTimeAsync(partition, time, cancellationToken);
            if (!found.IsOk || !found.Value.IsNone)
            {
                return found;
            }
        }

        Result<PartitionOffsets> offsets = await rest.Partitions.OffsetsAsync(partition, cancellationToken);
        return offsets.IsOk ? offsets.Value.HighWatermark : offsets.Error;
    }

    private async Task ReadAsync(HttpContext context, TopicPartition partition, MessagesQuery query, Offset from, TimeSpan patience)
    {
        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, rest.Node.Draining);
        using Utf8JsonWriter json = new(context.Response.BodyWriter, JsonReply.WriterOptions);
        MessageWriter messages = new(json, partition.Partition.Value, from, rest.Now, query.Limit, query.MaxBytes);
        long started = rest.Time.GetTimestamp();
        LeaderEpoch? last = query.LastEpoch;
        for (int reads = 1; ; reads++)
        {
            Offset at = messages.Next;
            TimeSpan left = patience - rest.Time.GetElapsedTime(started);
            using FetchResult read = await FetchAsync(new FetchRequest(partition, at, query.MaxBytes, left > TimeSpan.Zero ? left : TimeSpan.Zero) { LastEpoch = last }, gone.Token);
            if (!read.IsOk)
            {
                await RefuseAsync(context, read);
                return;
            }

            Error? damage = await WriteAsync(context, json, messages, read.Slices);
            if (damage is { } error && messages.Count == 0)
            {
                await Problem.WriteAsync(context, error);
                return;
            }

            last = messages.Next > at ? messages.LastEpoch : read.LastEpoch.Value >= 0 ? read.LastEpoch : last;

            // A damaged batch behind good ones ends the answer before it, and the next read tells.
            bool isDone = messages.Count > 0 || damage is not null || gone.IsCancellationRequested || reads == MaxEmptyReads;
            bool hasMore = messages.Next > at && messages.Next < read.HighWatermark;
            if (isDone || (!hasMore && rest.Time.GetElapsedTime(started) >= patience))
            {
                messages.Finish(read.HighWatermark, read.LogStartOffset, last);
                json.Flush();
                await FlushAsync(context);
                return;
            }
        }
    }

    private async ValueTask<Error?> WriteAsync(HttpContext context, Utf8JsonWriter json, MessageWriter messages, IReadOnlyList<BufferSlice> slices)
    {
        long flushed = json.BytesCommitted;
        foreach (BufferSlice slice in slices)
        {
            for (int at = 0; at < slice.Length && !messages.IsFull;)
            {
                if (messages.WriteFirst(slice.Span[at..], out int length) is { } damage)
                {
                    return damage;
                }

                at += length;
                if (json.BytesCommitted + json.BytesPending - flushed > FlushBytes)
                {
                    json.Flush();
                    flushed = json.BytesCommitted;
                    await FlushAsync(context);
                }
            }
        }

        return null;
    }

    private async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await rest.Partitions.FetchAsync(request, cancellationToken);
        }
        catch (OperationCanceledException) when (rest.Node.Draining.IsCancellationRequested)
        {
            // The node stops while we wait: what there is now is the answer.
            return await rest.Partitions.FetchAsync(request with { MaxWait = TimeSpan.Zero }, default);
        }
    }

    private static Task RefuseAsync(HttpContext context, FetchResult read) => Problem.WriteAsync(context, read.Error, extra: read.Error.Code switch
    {
        ErrorCode.OffsetOutOfRange => json => WriteRange(json, read),
        ErrorCode.LogTruncated => json => WriteParting(json, read),
        _ => null,
    });

    private static void WriteRange(Utf8JsonWriter json, FetchResult read)
    {
        json.WriteNumber("logStartOffset"u8, read.LogStartOffset.Value);
        json.WriteNumber("highWatermark"u8, read.HighWatermark.Value);
    }

    private static void WriteParting(Utf8JsonWriter json, FetchResult read)
    {
        json.WriteNumber("divergingOffset"u8, read.NextOffset.Value);
        json.WriteNumber("divergingEpoch"u8, read.LastEpoch.Value);
    }

    private async ValueTask FlushAsync(HttpContext context)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/json";
        }

        await SlowCaller.TakesAsync(context, context.Response.BodyWriter.FlushAsync(context.RequestAborted), rest.Limits.WriteTimeout, rest.Time);
    }
}
