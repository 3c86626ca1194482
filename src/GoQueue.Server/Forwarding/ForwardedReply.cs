using System.Buffers.Binary;
using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Forwarding;

/// <summary>The head of every answer to a forwarded call; the batches of a fetch follow it.</summary>
/// <param name="First">Base offset of a publish, next offset of a fetch, start of the log, or the found offset.</param>
/// <param name="Second">Timestamp of a publish, high watermark of the others.</param>
/// <param name="Third">Start of the log of a fetch.</param>
/// <param name="LastEpoch">Of a fetch: the epoch of the record before its next offset; -1 when it is not known.</param>
internal readonly record struct ForwardedReply(Error Error, long First, long Second, long Third, int Replicas, bool Flushed, int LastEpoch = -1)
{
    private const byte Version = 1;
    private const byte FetchVersion = 2; // the epoch stands where a publish has its replicas
    private const int FixedSize = 1 + 4 + 8 + 8 + 8 + 4 + 1 + 2;
    private const int MaxDetailBytes = 4096;

    public static ForwardedReply Of(in PublishReceipt receipt) =>
        new(receipt.Error, receipt.BaseOffset.Value, receipt.Timestamp.Value, 0, receipt.Replicas, receipt.Flushed);

    public static ForwardedReply Of(FetchResult result) =>
        new(result.Error, result.NextOffset.Value, result.HighWatermark.Value, result.LogStartOffset.Value, 0, false, result.LastEpoch.Value);

    public static ForwardedReply Of(Result<PartitionOffsets> result) =>
        result.TryGet(out PartitionOffsets offsets, out Error error) ? new(default, offsets.LogStart.Value, offsets.HighWatermark.Value, 0, 0, false) : Refused(error);

    public static ForwardedReply Of(Result<Offset> result) =>
        result.TryGet(out Offset offset, out Error error) ? new(default, offset.Value, 0, 0, 0, false) : Refused(error);

    public static ForwardedReply Refused(Error error) => new(error, Offset.None.Value, Offset.None.Value, Offset.None.Value, 0, false);

    public PublishReceipt ToReceipt() => new(Error, new Offset(First), new UnixMillis(Second), Replicas, Flushed);

    /// <param name="isFetch">With the epoch, which the reader of a publish would take for a number of replicas.</param>
    public SharedBuffer Write(bool isFetch = false)
    {
        string detail = Error.Detail ?? string.Empty;
        detail = detail.Length <= MaxDetailBytes / 3 ? detail : detail[..(MaxDetailBytes / 3)];
        int detailBytes = Encoding.UTF8.GetByteCount(detail);
        SharedBuffer buffer = SharedBuffer.Rent(FixedSize + detailBytes);
        Span<byte> to = buffer.Span;
        to[0] = isFetch ? FetchVersion : Version;
        BinaryPrimitives.WriteInt32LittleEndian(to[1..], (int)Error.Code);
        BinaryPrimitives.WriteInt64LittleEndian(to[5..], First);
        BinaryPrimitives.WriteInt64LittleEndian(to[13..], Second);
        BinaryPrimitives.WriteInt64LittleEndian(to[21..], Third);
        BinaryPrimitives.WriteInt32LittleEndian(to[29..], isFetch ? LastEpoch : Replicas);
        to[33] = Flushed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(to[34..], (ushort)detailBytes);
        Encoding.UTF8.GetBytes(detail, to[FixedSize..]);
        return buffer;
    }

    /// <summary>What a node of another version or a damaged one says is not guessed at: the code is Internal.</summary>
    public static Result<ForwardedReply> Read(ReadOnlySpan<byte> from, out int headBytes)
    {
        headBytes = 0;
        if (from.Length < FixedSize || from[0] is not (Version or FetchVersion) || from.Length < FixedSize + BinaryPrimitives.ReadUInt16LittleEndian(from[34..]))
        {
            return new Error(ErrorCode.Internal, $"the answer to a forwarded call cannot be read: {from.Length} bytes of version {(from.IsEmpty ? 0 : from[0])}");
        }

        headBytes = FixedSize + BinaryPrimitives.ReadUInt16LittleEndian(from[34..]);
        ErrorCode code = (ErrorCode)BinaryPrimitives.ReadInt32LittleEndian(from[1..]);
        if (!Enum.IsDefined(code))
        {
            code = ErrorCode.Internal; // of a newer version
        }

        Error error = code == ErrorCode.None ? default : new Error(code, Encoding.UTF8.GetString(from[FixedSize..headBytes]));
        return new ForwardedReply(
            error,
            BinaryPrimitives.ReadInt64LittleEndian(from[5..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[13..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[21..]),
            from[0] == Version ? BinaryPrimitives.ReadInt32LittleEndian(from[29..]) : 0,
            from[33] != 0,
            from[0] == FetchVersion ? BinaryPrimitives.ReadInt32LittleEndian(from[29..]) : -1);
    }
}
