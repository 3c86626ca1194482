using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>Puts a parsed message into a batch.</summary>
internal static class MessageAppender
{
    /// <summary>False when the batch has no room for it.</summary>
    public static bool TryAppend(RecordBatchBuilder builder, in ParsedMessage message, MessageParser parser, ReadOnlySpan<byte> body, UnixMillis now, int maxBatchBytes) =>
        builder.TryAppend(
            now,
            message.Key is { } key ? key.Of(body, parser.Arena) : default,
            message.Key is null,
            message.Value is { } value ? value.Of(body, parser.Arena) : default,
            message.Value is null,
            parser.Headers,
            maxBatchBytes);
}
