using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace GoQueue.Server.Rest.Json;

/// <summary>
/// Reading JSON without doubt about what was meant: no repeated keys, no comments, no trailing commas, no lone surrogates, at most
/// <see cref="MaxDepth"/> levels. Works over one contiguous body whose UTF-8 was checked before.
/// </summary>
internal static class StrictJson
{
    public const int MaxDepth = 32;

    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    private static readonly SearchValues<byte> Whitespace = SearchValues.Create(" \t\r\n"u8);

    public static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
        {
            throw RequestRefusedException.Malformed($"{what} is {Describe(reader.TokenType)}, expected {Describe(type)}");
        }
    }

    /// <summary>Nothing may follow the value.</summary>
    public static void ExpectEnd(ref Utf8JsonReader reader)
    {
        if (reader.Read())
        {
            throw RequestRefusedException.Malformed("something follows the JSON value");
        }
    }

    /// <summary>The string the reader stands on, as UTF-8.</summary>
    public static JsonBytes Text(ref Utf8JsonReader reader, ByteArena arena)
    {
        if (!reader.ValueIsEscaped)
        {
            return new JsonBytes(InArena: false, (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        CheckEscapes(ref reader);
        return arena.Commit(reader.CopyString(arena.Reserve(reader.ValueSpan.Length)));
    }

    /// <summary>The bytes that the base64 string the reader stands on stands for.</summary>
    public static JsonBytes Base64Bytes(ref Utf8JsonReader reader, ByteArena arena, string what)
    {
        Expect(ref reader, JsonTokenType.String, what);
        OperationStatus status;
        int written;
        if (reader.ValueIsEscaped)
        {
            // "\/" is how some writers escape the slash of the alphabet.
            CheckEscapes(ref reader);
            Span<byte> text = arena.Reserve(reader.ValueSpan.Length);
            int length = reader.CopyString(text);
            status = Base64.DecodeFromUtf8InPlace(text[..length], out written);
        }
        else
        {
            status = Base64.DecodeFromUtf8(reader.ValueSpan, arena.Reserve(Base64.GetMaxDecodedFromUtf8Length(reader.ValueSpan.Length)), out _, out written);
        }

        return status == OperationStatus.Done ? arena.Commit(written) : throw RequestRefusedException.Malformed($"{what} is not base64 (RFC 4648 with padding)");
    }

    /// <summary>The value that the reader stands on, without the whitespace between its tokens; the reader ends on its last token.</summary>
    public static JsonBytes CompactValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ByteArena arena, ObjectNames names)
    {
        int start = (int)reader.TokenStartIndex;
        Walk(ref reader, body, names);
        ReadOnlySpan<byte> raw = body[start..(int)reader.BytesConsumed];
        return raw.ContainsAny(Whitespace) ? arena.Commit(Compact(raw, arena.Reserve(raw.Length))) : new JsonBytes(InArena: false, start, raw.Length);
    }

    public static string Shorten(string text) => text.Length <= 64 ? text : $"{text[..64]}...";

    public static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };

    private static void Walk(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ObjectNames names)
    {
        int depth = 0;
        names.Clear();
        do
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    names.Enter();
                    depth++;
                    break;
                case JsonTokenType.StartArray:
                    depth++;
                    break;
                case JsonTokenType.EndObject:
                    names.Leave();
                    depth--;
                    break;
                case JsonTokenType.EndArray:
                    depth--;
                    break;
                case JsonTokenType.PropertyName:
                    CheckEscapes(ref reader);
                    names.Add(body, ref reader);
                    break;
                case JsonTokenType.String:
                    CheckEscapes(ref reader);
                    break;
            }
        }
        while (depth > 0 && reader.Read());
    }

    private static int Compact(ReadOnlySpan<byte> raw, Span<byte> compact)
    {
        int length = 0;
        bool inString = false;
        for (int i = 0; i < raw.Length; i++)
        {
            byte b = raw[i];
            if (inString)
            {
                compact[length++] = b;
                if (b == '\\')
                {
                    compact[length++] = raw[++i]; // the escaped character is never the end of the string
                }
                else if (b == '"')
                {
                    inString = false;
                }
            }
            else if (!Whitespace.Contains(b))
            {
                inString = b == '"';
                compact[length++] = b;
            }
        }

        return length;
    }

    /// <summary>
    /// A surrogate half alone is no character and could not be stored as UTF-8. Must come before anything that unescapes: the reader throws on
    /// halves. Raw bytes were checked with the body.
    /// </summary>
    public static void CheckEscapes(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return;
        }

        ReadOnlySpan<byte> text = reader.ValueSpan;
        bool afterHigh = false;
        for (int i = 0; i < text.Length; i++)
        {
            bool isLow = false;
            bool isHigh = false;
            if (text[i] == '\\')
            {
                i++;
                if (text[i] == 'u')
                {
                    // Four hexadecimal digits follow, the reader has seen to that.
                    _ = Utf8Parser.TryParse(text.Slice(i + 1, 4), out ushort unit, out _, 'X');
                    i += 4;
                    isHigh = char.IsHighSurrogate((char)unit);
                    isLow = char.IsLowSurrogate((char)unit);
                }
            }

            if (afterHigh != isLow)
            {
                throw Lone(ref reader);
            }

            afterHigh = isHigh;
        }

        if (afterHigh)
        {
            throw Lone(ref reader);
        }
    }

    private static RequestRefusedException Lone(ref Utf8JsonReader reader) =>
        RequestRefusedException.Malformed($"the string at byte {reader.TokenStartIndex} has half of a surrogate pair");
}
