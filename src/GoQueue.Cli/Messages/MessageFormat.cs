using System.Buffers;
using System.Globalization;
using System.Text;
using GoQueue.Cli.Values;
using GoQueue.Core.Records;

namespace GoQueue.Cli.Messages;

/// <summary>
/// A format string for consumed messages, compiled once. Bytes of keys and values are written as they are, never re-encoded, so that what was
/// produced comes back byte for byte.
/// </summary>
internal sealed class MessageFormat
{
    /// <summary>What a format may contain, for help and for errors.</summary>
    public const string Letters = "%t topic, %p partition, %o offset, %k key, %v value, %T timestamp in ms, %D the same in RFC 3339, %h headers as name=value,..., "
        + "%P priority, %K and %V length of key and value in bytes (-1: none), %% a percent sign; and \\n \\t \\r \\0 \\\\ \\xHH";

    /// <summary>The value and a line end.</summary>
    public static readonly MessageFormat Default = new([new Part('v', []), new Part(Literal, [(byte)'\n'])]);

    private const char Literal = '\0';

    private readonly Part[] parts;

    private MessageFormat(Part[] parts)
    {
        this.parts = parts;
    }

    /// <summary>Compiles a format; <paramref name="error"/> says what is wrong and where.</summary>
    public static bool TryParse(string text, out MessageFormat format, out string error)
    {
        format = Default;
        error = string.Empty;
        List<Part> found = [];
        ArrayBufferWriter<byte> literal = new();
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '%' when i + 1 < text.Length && text[i + 1] == '%':
                    literal.Write("%"u8);
                    i++;
                    break;
                case '%' when i + 1 < text.Length && "tpokvTDhPKV".Contains(text[i + 1], StringComparison.Ordinal):
                    EndLiteral();
                    found.Add(new Part(text[++i], []));
                    break;
                case '%':
                    error = $"{(i + 1 < text.Length ? $"'%{text[i + 1]}'" : "a single '%'")} at position {i} is not known: {Letters}";
                    return false;
                case '\\':
                    if (!TakeEscape(text, ref i, literal))
                    {
                        error = $"the escape at position {i} is not known: use \\n \\t \\r \\0 \\\\ or \\xHH";
                        return false;
                    }

                    break;
                default:
                    int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                    literal.Write(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                    i += length - 1;
                    break;
            }
        }

        EndLiteral();
        format = new MessageFormat([.. found]);
        return true;

        void EndLiteral()
        {
            if (literal.WrittenCount > 0)
            {
                found.Add(new Part(Literal, literal.WrittenSpan.ToArray()));
                literal.ResetWrittenCount();
            }
        }
    }

    public void Write(in PrintedMessage message, Stream output)
    {
        foreach (Part part in parts)
        {
            switch (part.Letter)
            {
                case Literal:
                    output.Write(part.Bytes);
                    break;
                case 't':
                    WriteText(output, message.Topic);
                    break;
                case 'p':
                    WriteNumber(output, message.Partition);
                    break;
                case 'o':
                    WriteNumber(output, message.Offset);
                    break;
                case 'k':
                    output.Write(message.Key);
                    break;
                case 'v':
                    output.Write(message.Value);
                    break;
                case 'T':
                    WriteNumber(output, message.Timestamp);
                    break;
                case 'D':
                    WriteText(output, InstantText.Format(message.Timestamp));
                    break;
                case 'h':
                    WriteHeaders(output, message.Headers);
                    break;
                case 'P':
                    WriteText(output, PriorityText.Format(message.Priority));
                    break;
                case 'K':
                    WriteNumber(output, message.KeyIsNull ? -1 : message.Key.Length);
                    break;
                case 'V':
                    WriteNumber(output, message.ValueIsNull ? -1 : message.Value.Length);
                    break;
            }
        }
    }

    private static bool TakeEscape(string text, ref int i, ArrayBufferWriter<byte> literal)
    {
        char next = i + 1 < text.Length ? text[i + 1] : Literal;
        byte? plain = next switch { 'n' => (byte)'\n', 't' => (byte)'\t', 'r' => (byte)'\r', '0' => 0, '\\' => (byte)'\\', _ => null };
        if (plain is { } known)
        {
            literal.Write([known]);
            i++;
            return true;
        }

        if (next is 'x' && i + 3 < text.Length && byte.TryParse(text.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
        {
            literal.Write([value]);
            i += 3;
            return true;
        }

        return false;
    }

    private static void WriteHeaders(Stream output, RecordHeaders headers)
    {
        bool first = true;
        foreach (RecordHeaderView header in headers)
        {
            if (!first)
            {
                output.Write(","u8);
            }

            first = false;
            output.Write(header.Key);
            output.Write("="u8);
            output.Write(header.Value);
        }
    }

    private static void WriteText(Stream output, string text)
    {
        Span<byte> small = stackalloc byte[512];
        output.Write(Encoding.UTF8.TryGetBytes(text, small, out int length) ? small[..length] : Encoding.UTF8.GetBytes(text));
    }

    private static void WriteNumber(Stream output, long number)
    {
        Span<byte> digits = stackalloc byte[20];
        number.TryFormat(digits, out int length, default, CultureInfo.InvariantCulture);
        output.Write(digits[..length]);
    }

    /// <param name="Letter">What to write; NUL for the bytes themselves.</param>
    private readonly record struct Part(char Letter, byte[] Bytes);
}
