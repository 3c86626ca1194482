using System.Text.Json;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Forwarding;
using Microsoft.Extensions.ObjectPool;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>
/// <c>POST /v1/topics/{topic}/batch</c>: many messages, one answer for each. 200 when all were stored, 207 when some were; when none was,
/// the problem of the first.
/// </summary>
internal sealed class BatchEndpoint(RestContext rest, KeylessSpread spread, ObjectPool<PublishScratch> scratches)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!PublishQuery.TryRead(context.Request, out Acks acks, out Error error) || !rest.TopicOf(context).TryGet(out TopicImage? topic, out error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        using BatchAssembly assembly = new(topic, spread, rest.Limits.MaxBatchMessages);
        using (RequestBody? body = await rest.ReadJsonAsync(context))
        {
            if (body is null)
            {
                return;
            }

            if (Assemble(assembly, body.Span) is { } refusal)
            {
                await Problem.WriteAsync(context, refusal);
                return;
            }
        }

        PublishReceipt[] receipts = await PublishAsync(assembly, topic, acks);
        if (Array.TrueForAll(receipts, receipt => !receipt.IsOk))
        {
            await Problem.WriteAsync(context, receipts[0].Error);
            return;
        }

        await JsonReply.SendAsync(
            context,
            Array.TrueForAll(receipts, receipt => receipt.IsOk) ? StatusCodes.Status200OK : StatusCodes.Status207MultiStatus,
            (Topic: topic.Name, Assembly: assembly, Receipts: receipts, Acks: acks),
            static (json, in answer) => Write(json, answer.Topic, answer.Assembly, answer.Receipts, answer.Acks));
    }

    private Error? Assemble(BatchAssembly assembly, ReadOnlySpan<byte> body)
    {
        PublishScratch scratch = scratches.Get();
        try
        {
            return assembly.Read(body, scratch.Parser, rest.Now);
        }
        finally
        {
            scratches.Return(scratch);
        }
    }

    private async Task<PublishReceipt[]> PublishAsync(BatchAssembly assembly, TopicImage topic, Acks acks)
    {
        // Several partitions flush side by side; one partition stores its batches in this order.
        Task<PublishReceipt>[] publishing = new Task<PublishReceipt>[assembly.Batches.Count];
        PublishRuns runs = new(rest.Partitions);
        for (int i = 0; i < publishing.Length; i++)
        {
            TopicPartition partition = new(topic.Id, new PartitionIndex(assembly.Batches[i].Partition));
            bool isOnly = !assembly.Batches.Skip(i + 1).Any(later => later.Partition == partition.Partition.Value);
            publishing[i] = runs.PublishAsync(new PublishRequest(partition, assembly.Take(i), acks), isOnly);
        }

        return await Task.WhenAll(publishing);
    }

    private static void Write(Utf8JsonWriter json, string topic, BatchAssembly assembly, PublishReceipt[] receipts, Acks acks)
    {
        json.WriteStartObject();
        json.WriteString("topic"u8, topic);
        json.WriteStartArray("results"u8);
        int failed = 0;
        foreach ((int batch, int delta) in assembly.Places)
        {
            PublishReceipt receipt = receipts[batch];
            json.WriteStartObject();
            json.WriteNumber("partition"u8, assembly.Batches[batch].Partition);
            if (receipt.IsOk)
            {
                json.WriteNumber("offset"u8, receipt.BaseOffset.IsNone ? Offset.None.Value : receipt.BaseOffset.Value + delta);
                json.WriteNumber("timestamp"u8, receipt.Timestamp.Value);
            }
            else
            {
                failed++;
                json.WriteStartObject("error"u8);
                json.WriteString("code"u8, ErrorCodes.Name(receipt.Error.Code));
                json.WriteString("detail"u8, receipt.Error.Detail);
                json.WriteBoolean("retriable"u8, ErrorCodes.IsRetriable(receipt.Error.Code));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("failed"u8, failed);

        // What holds for every stored message: the weakest of the receipts.
        PublishReceipt[] stored = Array.FindAll(receipts, receipt => receipt.IsOk);
        DurabilityJson.Write(json, acks, stored.Min(receipt => receipt.Replicas), Array.TrueForAll(stored, receipt => receipt.Flushed));
        json.WriteEndObject();
    }
}
