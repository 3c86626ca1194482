using System.Text;
using System.Text.Json.Nodes;
using GoQueue.Cli.Values;
using GoQueue.Core.Records;

namespace GoQueue.Cli.Messages;

/// <summary>
/// A message as JSON, with the names the REST interface uses: bytes that are UTF-8 stand in <c>key</c> and <c>value</c>, others in
/// <c>keyBase64</c> and <c>valueBase64</c>; a missing key or value is null.
/// </summary>
internal static class MessageJson
{
    // Throws on bytes that are not UTF-8 where the ordinary encoding would silently replace them.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static JsonObject Of(in PrintedMessage message)
    {
        JsonObject document = new()
        {
            ["topic"] = message.Topic,
            ["partition"] = message.Partition,
            ["offset"] = message.Offset,
            ["timestamp"] = message.Timestamp,
        };
        Add(document, "key", message.Key, message.KeyIsNull);
        Add(document, "value", message.Value, message.ValueIsNull);
        JsonObject headers = [];
        foreach (RecordHeaderView header in message.Headers)
        {
            string name = Encoding.UTF8.GetString(header.Key);

            // The last of several headers with one name wins; JSON has no place for the others.
            headers.Remove(name);
            headers.Remove(name + "Base64");
            Add(headers, name, header.Value, header.ValueIsNull);
        }

        document["headers"] = headers;
        document["priority"] = PriorityText.Format(message.Priority);
        return document;
    }

    private static void Add(JsonObject document, string name, ReadOnlySpan<byte> bytes, bool isNull)
    {
        if (isNull)
        {
            document[name] = null;
            return;
        }

        try
        {
            document[name] = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            document[name + "Base64"] = Convert.ToBase64String(bytes);
        }
    }
}
