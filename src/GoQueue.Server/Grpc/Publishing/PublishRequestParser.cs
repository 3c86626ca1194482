using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using GoQueue.Core.Records;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Publishing;

/// <summary>
/// A <c>goqueue.v1.PublishRequest</c>, read in place from one contiguous run of bytes. Reused from call to call; its lists keep their room.
/// </summary>
internal sealed class PublishRequestParser
{
    public List<PublishedMessage> Messages { get; } = [];

    /// <summary>Headers of all messages, one after the other.</summary>
    public List<RecordHeader> Headers { get; } = [];

    public string Topic { get; private set; } = string.Empty;

    /// <summary>Null: by key.</summary>
    public int? Partition { get; private set; }

    public int Acks { get; private set; }

    /// <summary>False when the bytes are not a request. Stops at <paramref name="maxMessages"/> plus one.</summary>
    public bool TryParse(in ReadOnlySequence<byte> request, int maxMessages)
    {
        Clear();
        WireReader reader = new(request);
        while (!reader.IsAtEnd && Messages.Count <= maxMessages)
        {
            if (!reader.TryReadTag(out int field, out WireType type) || !TryReadField(ref reader, field, type))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Forgets everything, so that no buffer of a finished call stays reachable.</summary>
    public void Clear()
    {
        Messages.Clear();
        Headers.Clear();
        Topic = string.Empty;
        Partition = null;
        Acks = 0;
    }

    private bool TryReadField(ref WireReader reader, int field, WireType type)
    {
        switch ((field, type))
        {
            case (1, WireType.Bytes):
                if (!TryReadText(ref reader, out string topic))
                {
                    return false;
                }

                Topic = topic;
                return true;
            case (2, WireType.Bytes):
                return reader.TryReadBytes(out ReadOnlySequence<byte> message) && TryReadMessage(message);
            case (3, WireType.Varint):
                bool read = reader.TryReadInt32(out int partition);
                Partition = partition;
                return read;
            case (4, WireType.Varint):
                read = reader.TryReadInt32(out int acks);
                Acks = acks;
                return read;
            default:
                return reader.TrySkip(field, type);
        }
    }

    private bool TryReadMessage(in ReadOnlySequence<byte> bytes)
    {
        PublishedMessage message = new() { FirstHeader = Headers.Count };
        WireReader reader = new(bytes);
        while (!reader.IsAtEnd)
        {
            if (!reader.TryReadTag(out int field, out WireType type))
            {
                return false;
            }

            ReadOnlySequence<byte> view;
            bool read;
            switch ((field, type))
            {
                case (3, WireType.Varint):
                    read = reader.TryReadInt64(out message.TimestampMillis);
                    break;
                case (4, WireType.Bytes):
                    read = message.HasKey = reader.TryReadBytes(out view);
                    message.Key = view.First;
                    break;
                case (5, WireType.Bytes):
                    read = message.HasValue = reader.TryReadBytes(out view);
                    message.Value = view.First;
                    break;
                case (6, WireType.Bytes):
                    read = reader.TryReadBytes(out view) && TryReadHeader(view);
                    break;
                case (7, WireType.Varint):
                    read = reader.TryReadInt32(out message.Lane);
                    break;
                default:
                    read = reader.TrySkip(field, type);
                    break;
            }

            if (!read)
            {
                return false;
            }
        }

        message.HeaderCount = Headers.Count - message.FirstHeader;
        Messages.Add(message);
        return true;
    }

    private bool TryReadHeader(in ReadOnlySequence<byte> bytes)
    {
        string key = string.Empty;
        ReadOnlyMemory<byte> value = default;
        WireReader reader = new(bytes);
        while (!reader.IsAtEnd)
        {
            if (!reader.TryReadTag(out int field, out WireType type))
            {
                return false;
            }

            bool read;
            switch ((field, type))
            {
                case (1, WireType.Bytes):
                    read = TryReadText(ref reader, out key);
                    break;
                case (2, WireType.Bytes):
                    read = reader.TryReadBytes(out ReadOnlySequence<byte> view);
                    value = view.First;
                    break;
                default:
                    read = reader.TrySkip(field, type);
                    break;
            }

            if (!read)
            {
                return false;
            }
        }

        Headers.Add(new RecordHeader(key, value));
        return true;
    }

    private static bool TryReadText(ref WireReader reader, out string text)
    {
        text = string.Empty;
        if (!reader.TryReadBytes(out ReadOnlySequence<byte> bytes) || !Utf8.IsValid(bytes.FirstSpan))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(bytes.FirstSpan);
        return true;
    }

    /// <summary>The headers of one message.</summary>
    public ReadOnlySpan<RecordHeader> HeadersOf(in PublishedMessage message) =>
        CollectionsMarshal.AsSpan(Headers).Slice(message.FirstHeader, message.HeaderCount);
}
