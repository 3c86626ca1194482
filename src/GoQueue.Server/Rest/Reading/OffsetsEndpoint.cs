using System.Text.Json;
using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Rest.Reading;

/// <summary><c>GET /v1/topics/{topic}/partitions/{partition}/offsets</c>: start and end, and with <c>?time=</c> the first offset at or after it.</summary>
internal sealed class OffsetsEndpoint(RestContext rest)
{
    private static readonly string[] Known = ["time"];

    public async Task HandleAsync(HttpContext context)
    {
        if (!rest.PartitionOf(context).TryGet(out (Metadata.Topics.TopicImage Topic, TopicPartition Partition) target, out Error error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        QueryReader query = new(context.Request.Query, Known);
        UnixMillis? time = query.Time("time");
        if (query.Error is { } refusal)
        {
            await Problem.WriteAsync(context, refusal);
            return;
        }

        Offset found = Offset.None;
        if (time is { } asked && !(await rest.Partitions.OffsetForTimeAsync(target.Partition, asked, context.RequestAborted)).TryGet(out found, out error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        if (!(await rest.Partitions.OffsetsAsync(target.Partition, context.RequestAborted)).TryGet(out PartitionOffsets range, out error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        await JsonReply.SendAsync(
            context,
            StatusCodes.Status200OK,
            (Topic: target.Topic.Name, Partition: target.Partition.Partition.Value, Range: range, Time: time, Found: found),
            static (json, in answer) =>
            {
                json.WriteStartObject();
                json.WriteString("topic"u8, answer.Topic);
                json.WriteNumber("partition"u8, answer.Partition);
                json.WriteNumber("logStartOffset"u8, answer.Range.LogStart.Value);
                json.WriteNumber("highWatermark"u8, answer.Range.HighWatermark.Value);
                if (answer.Time is not null)
                {
                    json.WritePropertyName("offset"u8);
                    WriteNullable(json, answer.Found);
                }

                json.WriteEndObject();
            });
    }

    private static void WriteNullable(Utf8JsonWriter json, Offset offset)
    {
        if (offset.IsNone)
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteNumberValue(offset.Value);
        }
    }
}
