using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace GoQueue.Contracts.Json;

/// <summary>
/// Messages of the protocol as JSON people like to read: lower camel case, numbers as numbers (64-bit ones too), enum values as their last words in
/// lower case, every field present, an absent optional one as null. So a shape is defined once, in <c>proto/</c>, for gRPC, REST and the command line.
/// Not for hot paths: it goes by reflection.
/// </summary>
public static class MessageJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The message as JSON text.</summary>
    public static string ToText(IMessage message)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter json = new(bytes, WriterOptions))
        {
            Write(json, message);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Writes the message as one JSON object.</summary>
    public static void Write(Utf8JsonWriter json, IMessage message)
    {
        json.WriteStartObject();
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            json.WritePropertyName(field.JsonName);
            WriteField(json, message, field);
        }

        json.WriteEndObject();
    }

    /// <summary>The value of an enum field in JSON: <c>QUORUM_ROLE_VOTER</c> is <c>voter</c>, the first value <c>unspecified</c>.</summary>
    public static string NameOf(EnumValueDescriptor value)
    {
        string prefix = UpperSnake(value.EnumDescriptor.Name) + "_";
        string name = value.Name.StartsWith(prefix, StringComparison.Ordinal) ? value.Name[prefix.Length..] : value.Name;
        return name.ToLowerInvariant().Replace('_', '-');
    }

    /// <summary>Reads an object strictly: no unknown or repeated names, types as they are, numbers within bounds.</summary>
    /// <exception cref="JsonException">It is not such an object; the message says where and what was expected.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> utf8)
        where T : IMessage<T>, new()
    {
        using JsonDocument document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
        T message = new();
        ReadInto(message, document.RootElement, string.Empty);
        return message;
    }

    private static void WriteField(Utf8JsonWriter json, IMessage message, FieldDescriptor field)
    {
        object? value = field.Accessor.GetValue(message);
        if (field.IsRepeated)
        {
            json.WriteStartArray();
            foreach (object? element in (IList)value!)
            {
                WriteValue(json, field, element!);
            }

            json.WriteEndArray();
        }
        else if (value is null || (field.HasPresence && !field.Accessor.HasValue(message)))
        {
            json.WriteNullValue();
        }
        else
        {
            WriteValue(json, field, value);
        }
    }

    private static void WriteValue(Utf8JsonWriter json, FieldDescriptor field, object value)
    {
        switch (value)
        {
            case IMessage nested:
                Write(json, nested);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case uint number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case ByteString bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            case Enum:
                int number32 = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                json.WriteStringValue(field.EnumType.FindValueByNumber(number32) is { } known ? NameOf(known) : number32.ToString(CultureInfo.InvariantCulture));
                break;
            default:
                throw new NotSupportedException($"field {field.FullName} of type {field.FieldType} has no JSON form");
        }
    }

    private static void ReadInto(IMessage message, JsonElement element, string path)
    {
        Expect(element, JsonValueKind.Object, path, "an object");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            FieldDescriptor? field = message.Descriptor.Fields.InDeclarationOrder().FirstOrDefault(each => each.JsonName == property.Name);
            if (field is null)
            {
                string known = string.Join(", ", message.Descriptor.Fields.InDeclarationOrder().Select(each => each.JsonName));
                throw new JsonException($"{Place(path)} has a field that is not known; known are {known}");
            }

            string at = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (field.IsRepeated)
            {
                Expect(property.Value, JsonValueKind.Array, at, "an array");
                IList list = (IList)field.Accessor.GetValue(message);
                foreach (JsonElement item in property.Value.EnumerateArray())
                {
                    list.Add(ReadValue(field, item, $"{at}[{list.Count}]"));
                }
            }
            else if (property.Value.ValueKind != JsonValueKind.Null)
            {
                field.Accessor.SetValue(message, ReadValue(field, property.Value, at));
            }
        }
    }

    private static object ReadValue(FieldDescriptor field, JsonElement element, string path)
    {
        switch (field.FieldType)
        {
            case FieldType.String:
                Expect(element, JsonValueKind.String, path, "a string");
                return element.GetString()!;
            case FieldType.Bool:
                return element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : throw Wrong(path, "true or false");
            case FieldType.Int32:
                return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int number) ? number : throw Wrong(path, "a whole number of 32 bits");
            case FieldType.Int64:
                return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long big) ? big : throw Wrong(path, "a whole number of 64 bits");
            case FieldType.Message:
                IMessage nested = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
                ReadInto(nested, element, path);
                return nested;
            default:
                throw new NotSupportedException($"field {field.FullName} of type {field.FieldType} is not read from JSON");
        }
    }

    private static void Expect(JsonElement element, JsonValueKind kind, string path, string expected)
    {
        if (element.ValueKind != kind)
        {
            throw Wrong(path, expected);
        }
    }

    private static JsonException Wrong(string path, string expected) => new($"{Place(path)} is not {expected}");

    private static string Place(string path) => path.Length == 0 ? "the body" : path;

    private static string UpperSnake(string pascal)
    {
        StringBuilder snake = new();
        foreach (char c in pascal)
        {
            if (char.IsUpper(c) && snake.Length > 0)
            {
                snake.Append('_');
            }

            snake.Append(char.ToUpperInvariant(c));
        }

        return snake.ToString();
    }
}
