using System.Buffers.Binary;
using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Forwarding;

/// <summary>What a forwarded call asks for. Numbers are part of the peer protocol.</summary>
internal enum ForwardedCall : byte
{
    Publish = 1,
    Fetch = 2,
    Offsets = 3,
    OffsetForTime = 4,
    LogStart = 5,
}

/// <summary>The head of every forwarded call; a batch follows it for a publish (docs/internals/forwarding.md).</summary>
/// <param name="MetadataVersion">Of the sender: the receiver knows at least as much before it refuses.</param>
/// <param name="TraceParent">W3C trace context of the request; empty without.</param>
/// <param name="Acks">Of a publish.</param>
/// <param name="Position">Of a fetch its offset, of a search its time.</param>
/// <param name="MaxBytes">Of a fetch.</param>
/// <param name="WaitMillis">Of a fetch.</param>
/// <param name="LastEpoch">Of a fetch: the epoch of the record before its offset, as the reader saw it; -1 when it said none.</param>
internal readonly record struct ForwardedMessage(
    ForwardedCall Call, TopicPartition Partition, long MetadataVersion, string TraceParent, Acks Acks = Acks.All, long Position = 0, int MaxBytes = 0, int WaitMillis = 0, int LastEpoch = -1)
{
    private const byte Version = 1;
    private const byte FetchVersion = 2; // 1 without the epochs
    private const int FixedSize = 1 + 1 + 16 + 4 + 8 + 1 + 8 + 4 + 4 + 1;
    private const int EpochSize = 4;
    private const int MaxTraceBytes = byte.MaxValue;

    /// <summary>The head, and room for <paramref name="bodyBytes"/> after it.</summary>
    public SharedBuffer Write(int bodyBytes, out int headBytes)
    {
        int trace = Encoding.UTF8.GetByteCount(TraceParent);
        trace = trace <= MaxTraceBytes ? trace : 0;
        bool isFetch = Call == ForwardedCall.Fetch;
        int fixedBytes = isFetch ? FixedSize + EpochSize : FixedSize;
        headBytes = fixedBytes + trace;
        SharedBuffer buffer = SharedBuffer.Rent(checked(headBytes + bodyBytes));
        Span<byte> to = buffer.Span;
        to[0] = isFetch ? FetchVersion : Version;
        to[1] = (byte)Call;
        Partition.Topic.Value.TryWriteBytes(to[2..]);
        BinaryPrimitives.WriteInt32LittleEndian(to[18..], Partition.Partition.Value);
        BinaryPrimitives.WriteInt64LittleEndian(to[22..], MetadataVersion);
        to[30] = (byte)Acks;
        BinaryPrimitives.WriteInt64LittleEndian(to[31..], Position);
        BinaryPrimitives.WriteInt32LittleEndian(to[39..], MaxBytes);
        BinaryPrimitives.WriteInt32LittleEndian(to[43..], WaitMillis);
        to[47] = (byte)trace;
        if (isFetch)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[FixedSize..], LastEpoch);
        }

        if (trace > 0)
        {
            Encoding.UTF8.GetBytes(TraceParent, to[fixedBytes..]);
        }

        return buffer;
    }

    /// <summary>Codes: MalformedRequest, UnsupportedBatchVersion (a node of another version sent it).</summary>
    public static Result<ForwardedMessage> Read(ReadOnlySpan<byte> from, out int headBytes)
    {
        headBytes = 0;
        if (from.Length > 0 && from[0] is not (Version or FetchVersion))
        {
            return new Error(ErrorCode.UnsupportedBatchVersion, $"a forwarded call has version {from[0]}, this node knows {Version} and {FetchVersion}");
        }

        bool hasEpoch = from.Length > 0 && from[0] == FetchVersion;
        int fixedBytes = hasEpoch ? FixedSize + EpochSize : FixedSize;
        if (from.Length < fixedBytes || from.Length < fixedBytes + from[47])
        {
            return new Error(ErrorCode.MalformedRequest, $"a forwarded call has {from.Length} bytes, which is less than its head");
        }

        headBytes = fixedBytes + from[47];
        ForwardedMessage read = new(
            (ForwardedCall)from[1],
            new TopicPartition(new TopicId(new Guid(from[2..18])), new PartitionIndex(BinaryPrimitives.ReadInt32LittleEndian(from[18..]))),
            BinaryPrimitives.ReadInt64LittleEndian(from[22..]),
            Encoding.UTF8.GetString(from[fixedBytes..headBytes]),
            (Acks)from[30],
            BinaryPrimitives.ReadInt64LittleEndian(from[31..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[39..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[43..]),
            hasEpoch ? BinaryPrimitives.ReadInt32LittleEndian(from[FixedSize..]) : -1);
        bool fits = Enum.IsDefined(read.Call) && Enum.IsDefined(read.Acks) && read.Position >= 0 && read.MaxBytes >= 0 && read.WaitMillis >= 0 && read.LastEpoch >= -1
            && (!hasEpoch || read.Call == ForwardedCall.Fetch);
        return fits ? read : new Error(ErrorCode.MalformedRequest, $"a forwarded call has fields out of their bounds: {read}");
    }
}
