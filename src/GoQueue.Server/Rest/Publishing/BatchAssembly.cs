using System.Text.Json;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Rest.Json;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>
/// Sorts the messages of one batch request into record batches, one for each partition and lane, more when one is full. Messages of one
/// partition and lane keep their order. Either every message found its place, or nothing is published.
/// </summary>
internal sealed class BatchAssembly(TopicImage topic, KeylessSpread spread, int maxMessages) : IDisposable
{
    private readonly Dictionary<(int Partition, PriorityLane Lane), OpenBatch> open = [];
    private readonly List<SealedBatch> batches = [];
    private readonly List<(int Batch, int Delta)> places = [];
    private int keylessPartition = -1;

    /// <summary>In the order in which they are to be published.</summary>
    public IReadOnlyList<SealedBatch> Batches => batches;

    /// <summary>For each message of the request its batch and its place there.</summary>
    public IReadOnlyList<(int Batch, int Delta)> Places => places;

    /// <summary>Reads <c>{"messages":[...]}</c>.</summary>
    public Error? Read(ReadOnlySpan<byte> body, MessageParser parser, UnixMillis now)
    {
        try
        {
            Utf8JsonReader reader = new(body, StrictJson.ReaderOptions);
            reader.Read();
            StrictJson.Expect(ref reader, JsonTokenType.StartObject, "the body");
            bool seen = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                StrictJson.CheckEscapes(ref reader);
                if (!reader.ValueTextEquals("messages"u8))
                {
                    throw RequestRefusedException.Malformed("the body has a field that is not known; it has the one field messages");
                }

                if (seen)
                {
                    throw RequestRefusedException.Malformed("the body has messages twice");
                }

                seen = true;
                reader.Read();
                ReadMessages(ref reader, body, parser, now);
            }

            StrictJson.ExpectEnd(ref reader);
            if (places.Count == 0)
            {
                throw RequestRefusedException.Malformed("the body has no messages");
            }

            SealAll();
            return null;
        }
        catch (RequestRefusedException refused)
        {
            return places.Count == 0 ? refused.Error : refused.Error with { Detail = $"message {places.Count} of the request: {refused.Error.Detail}" };
        }
        catch (JsonException malformed)
        {
            return new Error(ErrorCode.MalformedRequest, $"the body is not valid JSON: {malformed.Message}");
        }
    }

    /// <summary>Hands the batch at this place over: its reference now belongs to whoever asked.</summary>
    public SharedBuffer Take(int index)
    {
        SharedBuffer batch = batches[index].Batch ?? throw new InvariantViolationException("a batch is handed over once");
        batches[index] = batches[index] with { Batch = null };
        return batch;
    }

    public void Dispose()
    {
        foreach (OpenBatch batch in open.Values)
        {
            batch.Builder.Dispose();
        }

        foreach (SealedBatch batch in batches)
        {
            batch.Batch?.Release();
        }

        open.Clear();
        batches.Clear();
    }

    private void ReadMessages(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, MessageParser parser, UnixMillis now)
    {
        StrictJson.Expect(ref reader, JsonTokenType.StartArray, "messages");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (places.Count == maxMessages)
            {
                throw RequestRefusedException.Malformed($"the request has more than {maxMessages} messages (http.max-batch-messages)");
            }

            Place(parser.Read(ref reader, body), body, parser, now);
        }
    }

    private void Place(in ParsedMessage message, ReadOnlySpan<byte> body, MessageParser parser, UnixMillis now)
    {
        // Messages without a key stay together: one turn of the spread for each request makes fewer and larger batches.
        keylessPartition = keylessPartition < 0 ? spread.Next(topic) : keylessPartition;
        (int, PriorityLane) target = (spread.Choose(topic, message, body, parser.Arena, keylessPartition), message.Lane);
        if (!open.TryGetValue(target, out OpenBatch batch))
        {
            batch = Start(new RecordBatchBuilder(), target);
        }

        if (!MessageAppender.TryAppend(batch.Builder, message, parser, body, now, topic.Settings.MaxMessageBytes))
        {
            if (batch.Builder.Count > 0)
            {
                Seal(batch);
                batch = Start(batch.Builder, target);
            }

            if (!MessageAppender.TryAppend(batch.Builder, message, parser, body, now, topic.Settings.MaxMessageBytes))
            {
                throw new RequestRefusedException(
                    ErrorCode.MessageTooLarge,
                    $"it does not fit into the {topic.Settings.MaxMessageBytes} bytes that topic {topic.Name} allows");
            }
        }

        places.Add((batch.Index, batch.Builder.Count - 1));
    }

    /// <summary>Takes the next place in the order of publishing; the bytes come when it is sealed.</summary>
    private OpenBatch Start(RecordBatchBuilder builder, (int Partition, PriorityLane Lane) target)
    {
        builder.Reset(lane: target.Lane);
        OpenBatch batch = new(builder, batches.Count);
        batches.Add(new SealedBatch(target.Partition, null));
        open[target] = batch;
        return batch;
    }

    private void Seal(OpenBatch batch) => batches[batch.Index] = batches[batch.Index] with { Batch = batch.Builder.Build() };

    private void SealAll()
    {
        foreach (OpenBatch batch in open.Values)
        {
            Seal(batch);
        }
    }

    private readonly record struct OpenBatch(RecordBatchBuilder Builder, int Index);
}

/// <summary>One record batch of the request; the bytes are there from sealing to handing over.</summary>
internal readonly record struct SealedBatch(int Partition, SharedBuffer? Batch);
