using GoQueue.Contracts.V1;
using GoQueue.Core;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Client.Tests.Fixtures;

/// <summary>The two streams: publishing and subscriptions.</summary>
internal sealed partial class ScriptedServer
{
    private async Task PublishStreamAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync();
        Interlocked.Increment(ref openStreams);
        try
        {
            while (await ReadFrameAsync(context.Request.Body, context.RequestAborted) is { } frame)
            {
                await BeforePublish();
                PublishStreamRequest request = PublishStreamRequest.Parser.ParseFrom(frame);
                PublishPlan plan = OnPublish(Interlocked.Increment(ref publishes) - 1, request);
                if (plan.Step is PublishStep.Cut)
                {
                    Cut(context);
                    return;
                }

                PublishStreamResponse answer = plan.Step == PublishStep.Refuse ? Refusal(plan.Code) : Store(request);
                if (plan.Step == PublishStep.StoreAndCut)
                {
                    Cut(context);
                    return;
                }

                if (plan.Step == PublishStep.Ignore)
                {
                    continue;
                }

                answer = plan.Step == PublishStep.StoreAndRefuse ? Refusal(plan.Code) : answer;
                answer.CorrelationId = request.CorrelationId;
                await WriteFrameAsync(context.Response.Body, answer);
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
            Interlocked.Increment(ref orderlyEnds);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            // the client left
        }
        finally
        {
            Interlocked.Decrement(ref openStreams);
        }
    }

    private PublishStreamResponse Store(PublishStreamRequest request)
    {
        if (Find(request.Topic, request.Partition, out ErrorCode code) is not { } partition)
        {
            return Refusal(code);
        }

        if (LedElsewhere(request.Topic, request.Partition) is { } led)
        {
            PublishStreamResponse refused = Refusal(ErrorCode.NotLeader);
            refused.Leader = NamesLeaders ? new PartitionLeader { Node = led.Leader, Endpoint = Metadata.Nodes.GetValueOrDefault(led.Leader, ""), LeaderEpoch = led.LeaderEpoch } : null;
            return refused;
        }

        (Error error, long baseOffset) = partition.Append(request.Batch.ToByteArray(), topics[request.Topic].Topic.Settings.MaxMessageBytes);
        return error.Code != ErrorCode.None
            ? Refusal(error.Code, error.Detail)
            : new PublishStreamResponse
            {
                BaseOffset = baseOffset,
                TimestampMs = 1234,
                Durability = new Durability { Acks = request.Acks, Replicas = 1, Flushed = true },
            };
    }

    private async Task SubscribeAsync(HttpContext context)
    {
        SubscribeRequest request = SubscribeRequest.Parser.ParseFrom(await ReadFrameAsync(context.Request.Body, context.RequestAborted));
        int subscription = Interlocked.Increment(ref subscriptions) - 1;
        if (Find(request.Topic, request.Partition, out ErrorCode code) is not { } partition)
        {
            Fail(context, code, "scripted server");
            return;
        }

        if (LedElsewhere(request.Topic, request.Partition) is { } led && !(request.FromFollower && led.InSync.Contains(Node)))
        {
            if (NamesLeaders)
            {
                context.Response.Headers["goqueue-leader"] = led.Leader;
                context.Response.Headers["goqueue-leader-epoch"] = led.LeaderEpoch.ToString();
                context.Response.Headers["goqueue-leader-endpoint"] = Metadata.Nodes.GetValueOrDefault(led.Leader, "");
            }

            Fail(context, ErrorCode.NotLeader, "scripted server");
            return;
        }

        SubscribeRequests.Enqueue(request);
        int losses = partition.Losses;
        ErrorCode refused = OnCall("Subscribe");
        if (refused == ErrorCode.None && request.HasLastEpoch && partition.EndOf(request.LastEpoch) is var (epoch, ends) && (epoch != request.LastEpoch || ends < request.Offset))
        {
            context.Response.Headers["goqueue-diverging-offset"] = Math.Min(ends, request.Offset).ToString();
            context.Response.Headers["goqueue-diverging-epoch"] = epoch.ToString();
            refused = ErrorCode.LogTruncated;
        }

        if (refused == ErrorCode.None && (request.Offset < partition.Start.Value || request.Offset > partition.End.Value))
        {
            refused = ErrorCode.OffsetOutOfRange;
        }

        if (refused != ErrorCode.None)
        {
            Fail(context, refused, $"offset {request.Offset} is not between {partition.Start} and {partition.End}");
            return;
        }

        if (request.Offset == partition.End.Value && partition.EndOf(int.MaxValue) is { Epoch: >= 0 } newest)
        {
            context.Response.Headers["goqueue-last-epoch"] = newest.Epoch.ToString();
        }

        await context.Response.Body.FlushAsync();
        long position = request.Offset;
        try
        {
            for (int number = 0; ; number++)
            {
                (byte[] bytes, long next, Task changed) = partition.Read(position, request.MaxBytes);
                if (partition.Losses != losses)
                {
                    Cut(context);
                    return;
                }

                if (bytes.Length == 0)
                {
                    number--;
                    await changed.WaitAsync(context.RequestAborted);
                    continue;
                }

                position = next;
                await WriteFrameAsync(context.Response.Body, new SubscribeResponse
                {
                    Batches = ByteString.CopyFrom(bytes),
                    NextOffset = next,
                    HighWatermark = partition.End.Value,
                    LogStartOffset = partition.Start.Value,
                });
                await context.Response.Body.FlushAsync();
                if (CutSubscription(subscription, number))
                {
                    Cut(context);
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // the client left
        }
    }

    private static PublishStreamResponse Refusal(ErrorCode code, string detail = "scripted refusal") => new()
    {
        BaseOffset = -1,
        Error = (Contracts.V1.ErrorCode)(int)code,
        Detail = detail,
    };
}
