using System.Text;
using GoQueue.Cli.Failures;

namespace GoQueue.Cli.Produce;

/// <summary>Where keys come from: one for all messages, or the part of each message before a separator.</summary>
internal sealed class KeySplitter
{
    // Not byte[]: a null array would become an empty key on its way into a ReadOnlyMemory.
    private readonly ReadOnlyMemory<byte>? key;
    private readonly byte[]? separator;
    private readonly bool tombstone;

    /// <param name="key">The key of every message; null: none, or cut off by <paramref name="separator"/>.</param>
    /// <param name="separator">What stands between key and value; <c>\t</c> is a tab.</param>
    /// <param name="tombstone">Send no value, only the key.</param>
    public KeySplitter(string? key, string? separator, bool tombstone)
    {
        this.key = key is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(key);
        this.separator = separator is null ? null : Encoding.UTF8.GetBytes(separator.Replace("\\t", "\t", StringComparison.Ordinal));
        this.tombstone = tombstone;
    }

    /// <exception cref="CommandFailure">The separator is not in the text.</exception>
    public OutgoingMessage Split(ReadOnlyMemory<byte> text, string origin)
    {
        if (separator is null)
        {
            return new OutgoingMessage(key, ValueOf(text));
        }

        int at = text.Span.IndexOf(separator);
        return at >= 0
            ? new OutgoingMessage(text[..at], ValueOf(text[(at + separator.Length)..]))
            : throw CommandFailure.Refused(
                $"{origin} has no key: the separator '{Encoding.UTF8.GetString(separator)}' is not in it",
                "correct the input, or leave --key-separator out to send whole lines without a key");
    }

    private ReadOnlyMemory<byte>? ValueOf(ReadOnlyMemory<byte> text) => tombstone ? (ReadOnlyMemory<byte>?)null : text;
}
