using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GoQueue.History.Events;

namespace GoQueue.History.Format;

/// <summary>One event to one line and back; docs/internals/history.md is its table.</summary>
public static class HistoryFormat
{
    /// <summary>What the first line calls itself.</summary>
    public const string Name = "goqueue-history";

    /// <summary>Raised when an old reader would misjudge a new file. New optional members do not raise it.</summary>
    public const int Version = 1;

    /// <summary>Longest line in bytes, the line feed not counted. Writers split final reads below it.</summary>
    public const int MaxLineBytes = 16 << 20;

    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    /// <summary>The line of an event, without line feed.</summary>
    public static string Line(HistoryEvent written)
    {
        ArrayBufferWriter<byte> buffer = new();
        Write(buffer, written.Index, written.Time, written, SerializeValue(written));
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <exception cref="JsonException">The text is no event; the message says what was expected.</exception>
    public static HistoryEvent Parse(ReadOnlySpan<byte> line, long number = 0)
    {
        EventFields fields = default;
        Utf8JsonReader reader = new(line);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("expected an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadMember(ref reader, ref fields, line);
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
        {
            throw new JsonException("expected one object and nothing behind it");
        }

        return fields.ToEvent(line, number);
    }

    internal static void Write(ArrayBufferWriter<byte> buffer, long index, long time, HistoryEvent content, ReadOnlyMemory<byte> value)
    {
        using Utf8JsonWriter writer = new(buffer, WriterOptions);
        writer.WriteStartObject();
        writer.WriteNumber("index", index);
        writer.WriteNumber("time", time);
        writer.WriteNumber("process", content.Process);
        writer.WriteString("type", TypeName(content.Type));
        writer.WriteString("f", content.Operation.Name());
        writer.WritePropertyName("value");
        writer.WriteRawValue(value.Span, skipInputValidation: true);
        if (content.Error is { } error)
        {
            writer.WriteString("error", error);
        }

        if (content.Node is { } node)
        {
            writer.WriteString("node", node);
        }

        if (content.Extra is { Count: > 0 } extra)
        {
            writer.WritePropertyName("extra");
            JsonSerializer.Serialize(writer, extra, HistoryJson.Default.IReadOnlyDictionaryStringString);
        }

        writer.WriteEndObject();
    }

    internal static ReadOnlyMemory<byte> SerializeValue(HistoryEvent content)
    {
        if (content.Value.GetType() != content.Operation.ValueType())
        {
            throw new ArgumentException($"{content.Operation.Name()} takes {content.Operation.ValueType().Name}, not {content.Value.GetType().Name}", nameof(content));
        }

        return JsonSerializer.SerializeToUtf8Bytes(content.Value, TypeInfo(content.Operation));
    }

    private static JsonTypeInfo TypeInfo(Operation operation) => HistoryJson.Default.GetTypeInfo(operation.ValueType())!;

    private static string TypeName(EventType type) => type switch
    {
        EventType.Invoke => "invoke",
        EventType.Ok => "ok",
        EventType.Fail => "fail",
        _ => "info",
    };

    private static void ReadMember(ref Utf8JsonReader reader, ref EventFields fields, ReadOnlySpan<byte> line)
    {
        if (reader.ValueTextEquals("value"u8))
        {
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            fields.Value = new Range(start, (int)reader.BytesConsumed);
        }
        else if (reader.ValueTextEquals("index"u8))
        {
            reader.Read();
            fields.Index = reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : throw Expected("index", "a number");
        }
        else if (reader.ValueTextEquals("time"u8))
        {
            reader.Read();
            fields.Time = reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : throw Expected("time", "a number");
        }
        else if (reader.ValueTextEquals("process"u8))
        {
            reader.Read();
            fields.Process = reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : throw Expected("process", "a number");
        }
        else if (reader.ValueTextEquals("type"u8))
        {
            reader.Read();
            fields.Type = ReadType(ref reader);
        }
        else if (reader.ValueTextEquals("f"u8))
        {
            reader.Read();
            fields.Operation = Operations.TryParse(Text(ref reader, "f"), out Operation operation) ? operation : throw new UnknownOperationException(reader.GetString()!);
        }
        else if (reader.ValueTextEquals("error"u8))
        {
            reader.Read();
            fields.Error = Text(ref reader, "error");
        }
        else if (reader.ValueTextEquals("node"u8))
        {
            reader.Read();
            fields.Node = Text(ref reader, "node");
        }
        else if (reader.ValueTextEquals("extra"u8))
        {
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            fields.Extra = JsonSerializer.Deserialize(line[start..(int)reader.BytesConsumed], HistoryJson.Default.DictionaryStringString);
        }
        else
        {
            reader.Read();
            reader.Skip(); // of a later version
        }
    }

    private static EventType ReadType(ref Utf8JsonReader reader) =>
        reader.TokenType != JsonTokenType.String ? throw Expected("type", "a string")
        : reader.ValueTextEquals("invoke"u8) ? EventType.Invoke
        : reader.ValueTextEquals("ok"u8) ? EventType.Ok
        : reader.ValueTextEquals("fail"u8) ? EventType.Fail
        : reader.ValueTextEquals("info"u8) ? EventType.Info
        : throw Expected("type", "invoke, ok, fail or info");

    private static string Text(ref Utf8JsonReader reader, string member) => reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Expected(member, "a string");

    private static JsonException Expected(string member, string what) => new($"expected {what} as '{member}'");

    private ref struct EventFields
    {
        public long? Index;
        public long? Time;
        public int? Process;
        public EventType? Type;
        public Operation? Operation;
        public Range? Value;
        public string? Error;
        public string? Node;
        public Dictionary<string, string>? Extra;

        public readonly HistoryEvent ToEvent(ReadOnlySpan<byte> line, long number)
        {
            Operation operation = Operation ?? throw Missing("f");
            Range value = Value ?? throw Missing("value");
            return new HistoryEvent
            {
                Index = Index ?? throw Missing("index"),
                Time = Time ?? throw Missing("time"),
                Process = Process ?? throw Missing("process"),
                Type = Type ?? throw Missing("type"),
                Operation = operation,
                Value = (OperationValue)(JsonSerializer.Deserialize(line[value], TypeInfo(operation)) ?? throw new JsonException("expected an object as 'value'")),
                Error = Error,
                Node = Node,
                Extra = Extra,
                Line = number,
            };
        }

        private static JsonException Missing(string member) => new($"'{member}' is missing");
    }
}

/// <summary>The file is of a newer version: this operation is not known here.</summary>
public sealed class UnknownOperationException(string name) : Exception($"unknown operation '{name}'")
{
    public string Name { get; } = name;
}
