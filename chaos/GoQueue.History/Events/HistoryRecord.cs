using System.Text.Json;
using System.Text.Json.Serialization;

namespace GoQueue.History.Events;

/// <summary>
/// A message as it was sent or read. In the file <c>[offset, "3-17"]</c>, with an object as third element when there is more to say.
/// </summary>
[JsonConverter(typeof(HistoryRecordConverter))]
public readonly record struct HistoryRecord
{
    public HistoryRecord(long? offset, MessageId? message)
    {
        Offset = offset;
        Message = message;
    }

    /// <summary>Where it stands; null where nobody knows (before the answer).</summary>
    public long? Offset { get; init; }

    /// <summary>Which message; null when the body is none that a client of this run makes (see <see cref="Damage"/>).</summary>
    public MessageId? Message { get; init; }

    /// <summary>Its key, where the workload uses keys.</summary>
    public string? Key { get; init; }

    /// <summary>CRC-32C over key, headers and timestamp (<see cref="Bodies.MessageBody.Digest"/>): as sent, and as read.</summary>
    public uint? Digest { get; init; }

    /// <summary>It has no value: the key is deleted.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>The input message this one was made from, in a consume-transform-produce pipeline.</summary>
    public MessageId? Source { get; init; }

    /// <summary>Epoch of the producer in its batch, as read.</summary>
    public int? ProducerEpoch { get; init; }

    /// <summary>Why the body read is not one that was sent, in words.</summary>
    public string? Damage { get; init; }

    public override string ToString() => Damage is { } damage ? $"{Offset}:damaged ({damage})" : $"{Offset}:{Message}";
}

internal sealed class HistoryRecordConverter : JsonConverter<HistoryRecord>
{
    private const string Expected = "expected a record, like [345,\"3-17\"]";

    public override HistoryRecord Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Require(reader.TokenType == JsonTokenType.StartArray);
        reader.Read();
        Require(reader.TokenType is JsonTokenType.Number or JsonTokenType.Null);
        long? offset = reader.TokenType == JsonTokenType.Null ? null : reader.GetInt64();
        reader.Read();
        MessageId? message = null;
        if (reader.TokenType != JsonTokenType.Null)
        {
            Require(reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= 32);
            Span<char> text = stackalloc char[32];
            Require(MessageId.TryParse(text[..reader.CopyString(text)], out MessageId id));
            message = id;
        }

        HistoryRecord record = new(offset, message);
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            record = ReadMore(ref reader, record);
            reader.Read();
        }

        Require(reader.TokenType == JsonTokenType.EndArray);
        return record;
    }

    private static HistoryRecord ReadMore(ref Utf8JsonReader reader, HistoryRecord record)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "key": record = record with { Key = reader.GetString() }; break;
                case "digest": record = record with { Digest = reader.GetUInt32() }; break;
                case "tombstone": record = record with { IsTombstone = reader.GetBoolean() }; break;
                case "source": record = record with { Source = ReadId(reader.GetString()) }; break;
                case "producerEpoch": record = record with { ProducerEpoch = reader.GetInt32() }; break;
                case "damage": record = record with { Damage = reader.GetString() }; break;
                default: reader.Skip(); break;
            }
        }

        return record;
    }

    public override void Write(Utf8JsonWriter writer, HistoryRecord value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        if (value.Offset is { } offset)
        {
            writer.WriteNumberValue(offset);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteStringValue(value.Message?.ToString());
        if (value != new HistoryRecord(value.Offset, value.Message))
        {
            WriteMore(writer, value);
        }

        writer.WriteEndArray();
    }

    private static void WriteMore(Utf8JsonWriter writer, in HistoryRecord value)
    {
        writer.WriteStartObject();
        if (value.Key is { } key)
        {
            writer.WriteString("key", key);
        }

        if (value.Digest is { } digest)
        {
            writer.WriteNumber("digest", digest);
        }

        if (value.IsTombstone)
        {
            writer.WriteBoolean("tombstone", true);
        }

        if (value.Source is { } source)
        {
            writer.WriteString("source", source.ToString());
        }

        if (value.ProducerEpoch is { } epoch)
        {
            writer.WriteNumber("producerEpoch", epoch);
        }

        if (value.Damage is { } damage)
        {
            writer.WriteString("damage", damage);
        }

        writer.WriteEndObject();
    }

    private static MessageId ReadId(string? text)
    {
        Require(MessageId.TryParse(text, out MessageId id));
        return id;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new JsonException(Expected);
        }
    }
}
