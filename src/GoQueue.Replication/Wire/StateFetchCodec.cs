using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Replication.Wire;

/// <summary>Asks a leader for part of a snapshot of its fold (<c>SegmentFetch</c>, kind 1).</summary>
/// <param name="At">Offset of the snapshot; none for the newest committed one.</param>
/// <param name="Position">First byte wanted.</param>
public readonly record struct StateFetchRequest(TopicPartition Partition, LeaderEpoch LeaderEpoch, BrokerEpoch BrokerEpoch, Offset At, long Position, int MaxBytes);

/// <summary>The head of the answer; the bytes follow it.</summary>
/// <param name="LogStart">Where the leader's log begins, and with it the follower's new one.</param>
/// <param name="TotalBytes">Of the whole snapshot.</param>
/// <param name="Checksum">CRC-32C of the bytes that follow.</param>
public readonly record struct StateFetchResponse(Offset LogStart, Offset At, long TotalBytes, uint Checksum)
{
    /// <summary>Epoch of the record before <see cref="LogStart"/>; none when there is none, or it is not known.</summary>
    public required LeaderEpoch EpochBefore { get; init; }

    /// <summary>Where that epoch began, before <see cref="LogStart"/>; none without one. The follower could not learn it from the log, and needs it to judge others as a leader (E3).</summary>
    public required Offset EpochBeganAt { get; init; }
}

/// <summary>The bytes of both (docs/internals/replica-fetch.md).</summary>
public static class StateFetchCodec
{
    /// <summary>Bytes of the response head.</summary>
    public const int ResponseHead = 42;

    private const byte RequestVersion = 1;

    /// <summary>1 had no epoch of the record before the log start.</summary>
    private const byte ResponseVersion = 2;
    private const byte State = 1;
    private const int RequestSize = 54;

    /// <summary>The caller owns the buffer.</summary>
    public static SharedBuffer Encode(in StateFetchRequest request)
    {
        SharedBuffer buffer = SharedBuffer.Rent(RequestSize);
        WireWriter to = new(buffer.Span);
        to.Byte(RequestVersion);
        to.Byte(State);
        to.Partition(request.Partition);
        to.Int32(request.LeaderEpoch.Value);
        to.Int64(request.BrokerEpoch.Value);
        to.Int64(request.At.Value);
        to.Int64(request.Position);
        to.Int32(request.MaxBytes);
        to.CheckFull();
        return buffer;
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<StateFetchRequest> DecodeRequest(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == RequestVersion & from.ReadByte() == State;
        StateFetchRequest request = new(from.ReadPartition(), new LeaderEpoch(from.ReadInt32()), new BrokerEpoch(from.ReadInt64()), new Offset(from.ReadInt64()), from.ReadInt64(), from.ReadInt32());
        bool isSane = request.Partition.Partition.Value >= 0 && request.LeaderEpoch.Value >= 0 && request.BrokerEpoch.Value >= 0 && request.At.Value >= -1 && request.Position >= 0 && request.MaxBytes > 0;
        return isKnown && isSane && bytes.Length == RequestSize ? request : new Error(ErrorCode.MalformedRequest, "the state fetch request is not of a version and form known here");
    }

    /// <summary>The head and the bytes behind it, of which it gets the checksum. The caller owns the buffer.</summary>
    public static SharedBuffer Encode(in StateFetchResponse response, ReadOnlySpan<byte> part)
    {
        SharedBuffer buffer = SharedBuffer.Rent(ResponseHead + part.Length);
        WireWriter to = new(buffer.Span[..ResponseHead]);
        to.Byte(ResponseVersion);
        to.Byte(0);
        to.Int64(response.LogStart.Value);
        to.Int32(response.EpochBefore.Value);
        to.Int64(response.EpochBeganAt.Value);
        to.Int64(response.At.Value);
        to.Int64(response.TotalBytes);
        to.UInt32(Crc32C.Compute(part));
        to.CheckFull();
        part.CopyTo(buffer.Span[ResponseHead..]);
        return buffer;
    }

    /// <summary>Codes: MalformedRequest, also when the bytes behind the head do not have its checksum.</summary>
    public static Result<StateFetchResponse> DecodeResponse(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == ResponseVersion & from.ReadByte() == 0;
        Offset logStart = new(from.ReadInt64());
        LeaderEpoch epochBefore = new(from.ReadInt32());
        Offset epochBeganAt = new(from.ReadInt64());
        StateFetchResponse response = new(logStart, new Offset(from.ReadInt64()), from.ReadInt64(), from.ReadUInt32()) { EpochBefore = epochBefore, EpochBeganAt = epochBeganAt };
        bool hasEpoch = epochBefore.Value >= 0 && epochBeganAt.Value >= 0 && epochBeganAt < logStart;
        bool isSound = isKnown && (hasEpoch || (epochBefore == LeaderEpoch.None && epochBeganAt.IsNone)) && bytes.Length >= ResponseHead && response.LogStart.Value >= 0 && response.At >= response.LogStart
            && response.TotalBytes >= bytes.Length - ResponseHead && Crc32C.Compute(bytes[ResponseHead..]) == response.Checksum;
        return isSound ? response : new Error(ErrorCode.MalformedRequest, "the state fetch response is not of a version and form known here, or damaged");
    }
}
