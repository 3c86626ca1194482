using System.Runtime.InteropServices;
using System.Text.Json;
using GoQueue.Core.Records;
using GoQueue.Server.Rest.Json;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>
/// Reads messages as JSON without an object for each: fields become ranges of the body, and what had to be unescaped or decoded lies in the
/// arena. Reused from request to request; one request at a time.
/// </summary>
internal sealed class MessageParser : IDisposable
{
    public const int MaxHeaders = 256;

    private const int KeyBit = 1;
    private const int ValueBit = 2;
    private const int HeadersBit = 4;
    private const int PartitionBit = 8;
    private const int PriorityBit = 16;

    private readonly List<RecordHeader> headers = [];
    private readonly HashSet<string> headerNames = new(StringComparer.Ordinal);
    private readonly ObjectNames names = new();

    public ByteArena Arena { get; } = new();

    /// <summary>Headers of the message read last.</summary>
    public ReadOnlySpan<RecordHeader> Headers => CollectionsMarshal.AsSpan(headers);

    /// <summary>Reads one message; the reader stands on its first token and ends on its last. Arena and headers start anew.</summary>
    /// <exception cref="RequestRefusedException">The message is not what it must be.</exception>
    public ParsedMessage Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        Clear();
        StrictJson.Expect(ref reader, JsonTokenType.StartObject, "the message");
        ParsedMessage message = default;
        int seen = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadField(ref reader, body, ref message, ref seen);
        }

        return (seen & ValueBit) != 0
            ? message
            : throw RequestRefusedException.Malformed("the message has neither value nor valueBase64; \"value\": null writes a tombstone");
    }

    public void Clear()
    {
        Arena.Clear();
        headers.Clear();
    }

    public void Dispose() => Arena.Dispose();

    private void ReadField(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ref ParsedMessage message, ref int seen)
    {
        StrictJson.CheckEscapes(ref reader);
        if (reader.ValueTextEquals("key"u8))
        {
            Once(KeyBit, "key or keyBase64", ref seen);
            reader.Read();
            message.Key = TextOrNull(ref reader, "key");
        }
        else if (reader.ValueTextEquals("value"u8))
        {
            Once(ValueBit, "value or valueBase64", ref seen);
            reader.Read();
            message.Value = reader.TokenType switch
            {
                JsonTokenType.String => StrictJson.Text(ref reader, Arena),
                JsonTokenType.Null => null,
                _ => StrictJson.CompactValue(ref reader, body, Arena, names),
            };
        }
        else if (reader.ValueTextEquals("keyBase64"u8))
        {
            Once(KeyBit, "key or keyBase64", ref seen);
            reader.Read();
            message.Key = StrictJson.Base64Bytes(ref reader, Arena, "keyBase64");
        }
        else if (reader.ValueTextEquals("valueBase64"u8))
        {
            Once(ValueBit, "value or valueBase64", ref seen);
            reader.Read();
            message.Value = StrictJson.Base64Bytes(ref reader, Arena, "valueBase64");
        }
        else if (reader.ValueTextEquals("headers"u8))
        {
            Once(HeadersBit, "headers", ref seen);
            reader.Read();
            ReadHeaders(ref reader, body);
        }
        else if (reader.ValueTextEquals("partition"u8))
        {
            Once(PartitionBit, "partition", ref seen);
            reader.Read();
            message.Partition = PartitionOrNull(ref reader);
        }
        else if (reader.ValueTextEquals("priority"u8))
        {
            Once(PriorityBit, "priority", ref seen);
            reader.Read();
            message.Lane = Priority(ref reader);
        }
        else
        {
            throw RequestRefusedException.Malformed(
                $"the message has a field '{NameOf(ref reader)}', which is not known; it may have key, keyBase64, value, valueBase64, headers, partition, priority");
        }
    }

    private void ReadHeaders(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        StrictJson.Expect(ref reader, JsonTokenType.StartObject, "headers");
        headerNames.Clear();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = NameOf(ref reader);
            if (!headerNames.Add(name))
            {
                throw RequestRefusedException.Malformed($"header '{StrictJson.Shorten(name)}' stands twice; give its values as an array");
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                AddHeader(ref reader, body, name);
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                AddHeader(ref reader, body, name);
            }
        }
    }

    private void AddHeader(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string name)
    {
        if (headers.Count == MaxHeaders)
        {
            throw RequestRefusedException.Malformed($"the message has more than {MaxHeaders} headers");
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                headers.Add(new RecordHeader(name, default, ValueIsNull: true));
                break;
            case JsonTokenType.String:
                headers.Add(new RecordHeader(name, StrictJson.Text(ref reader, Arena).Of(body, Arena).ToArray()));
                break;
            case JsonTokenType.StartObject:
                headers.Add(new RecordHeader(name, HeaderBytes(ref reader, body, name)));
                break;
            default:
                throw RequestRefusedException.Malformed(
                    $"header '{StrictJson.Shorten(name)}' is {StrictJson.Describe(reader.TokenType)}, expected a string, null, {{\"$base64\": \"...\"}}, or an array of those");
        }
    }

    private byte[] HeaderBytes(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string name)
    {
        reader.Read();
        StrictJson.CheckEscapes(ref reader);
        if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("$base64"u8))
        {
            throw RequestRefusedException.Malformed($"header '{StrictJson.Shorten(name)}' is an object without the one key $base64");
        }

        reader.Read();
        byte[] value = StrictJson.Base64Bytes(ref reader, Arena, "$base64").Of(body, Arena).ToArray();
        reader.Read();
        StrictJson.Expect(ref reader, JsonTokenType.EndObject, $"what follows $base64 in header '{StrictJson.Shorten(name)}'");
        return value;
    }

    private JsonBytes? TextOrNull(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        StrictJson.Expect(ref reader, JsonTokenType.String, what);
        return StrictJson.Text(ref reader, Arena);
    }

    private static int? PartitionOrNull(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        StrictJson.Expect(ref reader, JsonTokenType.Number, "partition");
        return reader.TryGetInt32(out int partition) && partition >= 0
            ? partition
            : throw RequestRefusedException.Malformed("partition is not a whole number of 0 or more");
    }

    private PriorityLane Priority(ref Utf8JsonReader reader)
    {
        StrictJson.Expect(ref reader, JsonTokenType.String, "priority");
        StrictJson.CheckEscapes(ref reader);
        Span<byte> name = stackalloc byte[16];
        return reader.ValueSpan.Length <= name.Length && PriorityNames.TryParse(name[..reader.CopyString(name)], out PriorityLane lane)
            ? lane
            : throw RequestRefusedException.Malformed($"priority is not {PriorityNames.All}");
    }

    private static void Once(int bit, string what, ref int seen)
    {
        if ((seen & bit) != 0)
        {
            throw RequestRefusedException.Malformed($"the message has {what} twice");
        }

        seen |= bit;
    }

    /// <summary>The property name; refused when it has half of a surrogate pair.</summary>
    private string NameOf(ref Utf8JsonReader reader)
    {
        StrictJson.CheckEscapes(ref reader);
        return reader.GetString()!;
    }
}
