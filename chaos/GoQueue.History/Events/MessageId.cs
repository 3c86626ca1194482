using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GoQueue.History.Events;

/// <summary>Name of a message, unique in a run: the process that made it and its counter. As text <c>3-17</c>.</summary>
[JsonConverter(typeof(MessageIdConverter))]
public readonly record struct MessageId(int Process, long Counter) : IComparable<MessageId>
{
    public int CompareTo(MessageId other) => Process != other.Process ? Process.CompareTo(other.Process) : Counter.CompareTo(other.Counter);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Process}-{Counter}");

    /// <returns>False when the text is no name of a message.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out MessageId id)
    {
        id = default;
        int dash = text.IndexOf('-');
        if (dash <= 0
            || !int.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out int process)
            || !long.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long counter))
        {
            return false;
        }

        id = new MessageId(process, counter);
        return true;
    }
}

internal sealed class MessageIdConverter : JsonConverter<MessageId>
{
    public override MessageId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[32];
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > text.Length || !MessageId.TryParse(text[..reader.CopyString(text)], out MessageId id))
        {
            throw new JsonException("expected the name of a message, like \"3-17\"");
        }

        return id;
    }

    public override void Write(Utf8JsonWriter writer, MessageId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
