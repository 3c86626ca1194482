using System.Text.Json;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Rest.Json;
using Microsoft.Extensions.ObjectPool;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>
/// <c>POST /v1/topics/{topic}/publish</c>: one message. The body is parsed straight into a record batch and the receipt is written straight into
/// the response; nothing is made in between.
/// </summary>
internal sealed class PublishEndpoint(RestContext rest, KeylessSpread spread, ObjectPool<PublishScratch> scratches)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!PublishQuery.TryRead(context.Request, out Acks acks, out Error error) || !rest.TopicOf(context).TryGet(out TopicImage? topic, out error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        PreparedMessage message;
        using (RequestBody? body = await rest.ReadJsonAsync(context))
        {
            if (body is null)
            {
                return;
            }

            if (!Prepare(body.Span, topic).TryGet(out message, out error))
            {
                await Problem.WriteAsync(context, error);
                return;
            }
        }

        PublishReceipt receipt = await rest.Partitions.PublishAsync(
            new PublishRequest(new TopicPartition(topic.Id, new PartitionIndex(message.Partition)), message.Batch, acks));
        if (!receipt.IsOk)
        {
            await Problem.WriteAsync(context, receipt.Error);
            return;
        }

        await JsonReply.SendAsync(context, StatusCodes.Status200OK, (Topic: topic.Name, message.Partition, Receipt: receipt, Acks: acks), static (json, in answer) =>
        {
            json.WriteStartObject();
            json.WriteString("topic"u8, answer.Topic);
            json.WriteNumber("partition"u8, answer.Partition);
            json.WriteNumber("offset"u8, answer.Receipt.BaseOffset.Value);
            json.WriteNumber("timestamp"u8, answer.Receipt.Timestamp.Value);
            DurabilityJson.Write(json, answer.Acks, answer.Receipt.Replicas, answer.Receipt.Flushed);
            json.WriteEndObject();
        });
    }

    private Result<PreparedMessage> Prepare(ReadOnlySpan<byte> body, TopicImage topic)
    {
        PublishScratch scratch = scratches.Get();
        try
        {
            Utf8JsonReader reader = new(body, StrictJson.ReaderOptions);
            reader.Read();
            ParsedMessage message = scratch.Parser.Read(ref reader, body);
            StrictJson.ExpectEnd(ref reader);

            int partition = spread.Choose(topic, message, body, scratch.Parser.Arena);
            scratch.Builder.Reset(lane: message.Lane);
            return MessageAppender.TryAppend(scratch.Builder, message, scratch.Parser, body, rest.Now, topic.Settings.MaxMessageBytes)
                ? new PreparedMessage(partition, scratch.Builder.Build())
                : new Error(ErrorCode.MessageTooLarge, $"the message does not fit into the {topic.Settings.MaxMessageBytes} bytes that topic {topic.Name} allows");
        }
        catch (RequestRefusedException refused)
        {
            return refused.Error;
        }
        catch (JsonException malformed)
        {
            return new Error(ErrorCode.MalformedRequest, $"the body is not valid JSON: {malformed.Message}");
        }
        finally
        {
            scratches.Return(scratch);
        }
    }

    private readonly record struct PreparedMessage(int Partition, SharedBuffer Batch);
}
