using System.Text;
using System.Text.Unicode;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Server.Grpc.Wire;

namespace GoQueue.Server.Grpc.Reading;

/// <summary>Writes records as <c>goqueue.v1.Message</c>, by hand: one pass for the size, one for the bytes, nothing on the heap.</summary>
internal static class MessageEncoder
{
    /// <summary>Bytes that the message adds to a response, tag and length included, when it is a field with a number below 16.</summary>
    public static int FieldSize(in Record record, PriorityLane lane, int partition) => WireSize.Bytes(Size(record, lane, partition));

    public static void Append(FrameBuffer frame, int field, in Record record, PriorityLane lane, int partition)
    {
        int size = Size(record, lane, partition);
        Span<byte> room = frame.Extend(WireSize.Bytes(size));
        WireWriter writer = new(room);
        writer.BytesPrefix(field, size);
        writer.Int64(1, partition);
        writer.Int64(2, record.Offset.Value);
        writer.Int64(3, record.Timestamp.Value);
        if (!record.KeyIsNull)
        {
            writer.Bytes(4, record.Key);
        }

        if (!record.ValueIsNull)
        {
            writer.Bytes(5, record.Value);
        }

        foreach (RecordHeaderView header in record.Headers)
        {
            WriteHeader(ref writer, header);
        }

        writer.UInt64(7, (ulong)lane);
        Invariant.Check(writer.Written == room.Length, "a message has the size computed for it", room.Length, writer.Written);
    }

    private static int Size(in Record record, PriorityLane lane, int partition)
    {
        int size = WireSize.Int64(partition) + WireSize.Int64(record.Offset.Value) + WireSize.Int64(record.Timestamp.Value) + WireSize.UInt64((ulong)lane);
        size += record.KeyIsNull ? 0 : WireSize.Bytes(record.Key.Length);
        size += record.ValueIsNull ? 0 : WireSize.Bytes(record.Value.Length);
        foreach (RecordHeaderView header in record.Headers)
        {
            size += WireSize.Bytes(HeaderSize(header));
        }

        return size;
    }

    private static int HeaderSize(in RecordHeaderView header)
    {
        int key = Utf8.IsValid(header.Key) ? header.Key.Length : Repaired(header.Key).Length;
        return WireSize.Bytes(key) + WireSize.Bytes(header.Value.Length);
    }

    private static void WriteHeader(ref WireWriter writer, in RecordHeaderView header)
    {
        writer.BytesPrefix(6, HeaderSize(header));
        writer.Bytes(1, Utf8.IsValid(header.Key) ? header.Key : Repaired(header.Key));
        writer.Bytes(2, header.Value);
    }

    /// <summary>The log does not check header names, but protobuf parsers throw away a whole response over a text that is not UTF-8.</summary>
    private static byte[] Repaired(ReadOnlySpan<byte> name) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(name));
}
