using GoQueue.Core;
using GoQueue.Core.Fields;

namespace GoQueue.Replication.Wire;

/// <summary>The bytes of fetch requests and response heads (docs/internals/replica-fetch.md). Reading takes anything and refuses what is not canonical.</summary>
public static class ReplicaFetchCodec
{
    /// <summary>Partitions in one request or response. More are sent in the next.</summary>
    public const int MaxEntries = 100_000;

    /// <summary>
    /// 1 had no state byte at the end of a position, 2 the follower's first offset in place of its promise. They were never released, so they are refused and
    /// not read (docs/internals/peer-protocol.md).
    /// </summary>
    private const byte RequestVersion = 3;

    /// <summary>1 had no promise and no start of the partition.</summary>
    private const byte ResponseVersion = 2;
    private const byte TakesOffers = 1;
    private const byte Stuck = 1;
    private const byte Damaged = 2;
    private const int RequestHead = 38;
    private const int ResponseHead = 22;
    private const int PositionSize = 49;
    private const int PartitionSize = 20;
    private const int FetchedSize = 84;

    /// <summary>The caller owns the buffer.</summary>
    public static SharedBuffer Encode(ReplicaFetchRequest request)
    {
        SharedBuffer buffer = SharedBuffer.Rent(RequestHead + (request.Positions.Count * PositionSize) + (request.Forgotten.Count * PartitionSize));
        WireWriter to = new(buffer.Span);
        to.Byte(RequestVersion);
        to.Byte(request.TakesOffers ? TakesOffers : (byte)0);
        to.Int64(request.Session);
        to.Int32(request.Sequence);
        to.Int64(request.BrokerEpoch.Value);
        to.Int32(request.MaxWaitMillis);
        to.Int32(request.MaxBytes);
        to.Int32(request.Positions.Count);
        to.Int32(request.Forgotten.Count);
        for (int index = 0; index < request.Positions.Count; index++)
        {
            PartitionPosition entry = request.Positions[index];
            to.Partition(entry.Partition);
            to.Int32(entry.Position.LeaderEpoch.Value);
            to.Int64(entry.Position.FetchOffset.Value);
            to.Int32(entry.Position.LastEpoch.Value);
            to.Int64(entry.Position.PromisedStart.Value);
            to.Int32(entry.Position.Round);
            to.Byte(entry.Position.IsDamaged ? Damaged : entry.Position.IsStuck ? Stuck : (byte)0);
        }

        for (int index = 0; index < request.Forgotten.Count; index++)
        {
            to.Partition(request.Forgotten[index]);
        }

        to.CheckFull();
        return buffer;
    }

    /// <summary>Codes: MalformedRequest.</summary>
    public static Result<ReplicaFetchRequest> DecodeRequest(ReadOnlySpan<byte> bytes)
    {
        FieldReader from = new(bytes);
        byte version = from.ReadByte();
        if (version != RequestVersion)
        {
            return new Error(ErrorCode.MalformedRequest, $"a replica fetch request has version {version}, this node knows {RequestVersion} only");
        }

        byte flags = from.ReadByte();
        bool isKnown = flags is 0 or TakesOffers;
        long session = from.ReadInt64();
        int sequence = from.ReadInt32();
        long brokerEpoch = from.ReadInt64();
        int maxWait = from.ReadInt32();
        int maxBytes = from.ReadInt32();
        int positionCount = from.ReadInt32();
        int forgottenCount = from.ReadInt32();
        bool isSane = session >= 0 && sequence >= 0 && brokerEpoch >= 0 && maxWait >= 0 && maxBytes > 0
            && positionCount is >= 0 and <= MaxEntries && forgottenCount is >= 0 and <= MaxEntries
            && bytes.Length == RequestHead + ((long)positionCount * PositionSize) + ((long)forgottenCount * PartitionSize);
        if (!isKnown || !isSane)
        {
            return Malformed("request");
        }

        PartitionPosition[] positions = new PartitionPosition[positionCount];
        for (int index = 0; index < positionCount; index++)
        {
            TopicPartition partition = from.ReadPartition();
            FetchPosition position = new(new LeaderEpoch(from.ReadInt32()), new Offset(from.ReadInt64()), new LeaderEpoch(from.ReadInt32()), new Offset(from.ReadInt64()), from.ReadInt32());
            byte state = from.ReadByte();
            bool fits = state is 0 or Stuck or Damaged && partition.Partition.Value >= 0 && position.LeaderEpoch.Value >= 0 && position.FetchOffset.Value >= 0 && position.LastEpoch.Value >= -1
                && position.PromisedStart.Value >= 0 && position.PromisedStart <= position.FetchOffset;
            if (!fits)
            {
                return Malformed("request");
            }

            positions[index] = new PartitionPosition(partition, position with { IsStuck = state == Stuck, IsDamaged = state == Damaged });
        }

        TopicPartition[] forgotten = new TopicPartition[forgottenCount];
        for (int index = 0; index < forgottenCount; index++)
        {
            forgotten[index] = from.ReadPartition();
        }

        return new ReplicaFetchRequest(session, sequence, new BrokerEpoch(brokerEpoch), maxWait, maxBytes, positions, forgotten) { TakesOffers = flags == TakesOffers };
    }

    /// <summary>The caller owns the buffer.</summary>
    public static SharedBuffer Encode(ReplicaFetchResponse response)
    {
        SharedBuffer buffer = SharedBuffer.Rent(ResponseHead + (response.Entries.Count * FetchedSize));
        WireWriter to = new(buffer.Span);
        to.Byte(ResponseVersion);
        to.Byte(0);
        to.Int32((int)response.Error);
        to.Int64(response.Session);
        to.Int32(response.Sequence);
        to.Int32(response.Entries.Count);
        for (int index = 0; index < response.Entries.Count; index++)
        {
            PartitionFetched entry = response.Entries[index];
            to.Partition(entry.Partition);
            to.Int32(entry.Answer.LeaderEpoch.Value);
            to.Int32(entry.Answer.Round);
            to.Int32((int)entry.Answer.Error);
            to.Int64(entry.Answer.HighWatermark.Value);
            to.Int64(entry.Answer.LeaderLogStart.Value);
            to.Int64(entry.Answer.PromisedStart.Value);
            to.Int64(entry.Answer.LogStart.Value);
            to.Int32(entry.Answer.Diverging.Epoch.Value);
            to.Int64(entry.Answer.Diverging.EndOffset.Value);
            to.Int32(entry.DataBytes);
            to.Int32(entry.Answer.OffersSegment ? 1 : 0);
        }

        to.CheckFull();
        return buffer;
    }

    /// <summary>Reads the head; <paramref name="dataStart"/> is where the data of the first entry begins. Codes: MalformedRequest.</summary>
    public static Result<ReplicaFetchResponse> DecodeResponse(ReadOnlySpan<byte> bytes, out int dataStart)
    {
        dataStart = 0;
        FieldReader from = new(bytes);
        bool isKnown = from.ReadByte() == ResponseVersion & from.ReadByte() == 0;
        int error = from.ReadInt32();
        long session = from.ReadInt64();
        int sequence = from.ReadInt32();
        int count = from.ReadInt32();
        bool isSane = session >= 0 && sequence >= 0 && count is >= 0 and <= MaxEntries && bytes.Length >= ResponseHead + ((long)count * FetchedSize);
        if (!isKnown || !isSane || !Enum.IsDefined((ErrorCode)error))
        {
            return Malformed("response");
        }

        dataStart = ResponseHead + (count * FetchedSize);
        long dataBytes = 0;
        PartitionFetched[] entries = new PartitionFetched[count];
        for (int index = 0; index < count; index++)
        {
            TopicPartition partition = from.ReadPartition();
            LeaderEpoch epoch = new(from.ReadInt32());
            int round = from.ReadInt32();
            ErrorCode code = (ErrorCode)from.ReadInt32();
            Offset highWatermark = new(from.ReadInt64());
            Offset leaderLogStart = new(from.ReadInt64());
            Offset promisedStart = new(from.ReadInt64());
            Offset logStart = new(from.ReadInt64());
            EpochEnd diverging = new(new LeaderEpoch(from.ReadInt32()), new Offset(from.ReadInt64()));
            int data = from.ReadInt32();
            int offers = from.ReadInt32();
            bool fits = offers is 0 or 1 && (offers == 0 || (data == 0 && code == ErrorCode.None && diverging == EpochEnd.Undefined)) && partition.Partition.Value >= 0 && epoch.Value >= -1 && Enum.IsDefined(code) && highWatermark.Value >= 0 && leaderLogStart.Value >= 0 && promisedStart.Value >= 0 && logStart.Value >= 0 && data >= 0
                && (diverging == EpochEnd.Undefined || (diverging.Epoch.Value >= 0 && diverging.EndOffset.Value >= 0));
            if (!fits)
            {
                return Malformed("response");
            }

            dataBytes += data;
            entries[index] = new PartitionFetched(partition, new FetchAnswer(epoch, round, code, diverging, highWatermark, leaderLogStart) { PromisedStart = promisedStart, LogStart = logStart, OffersSegment = offers == 1 }, data);
        }

        return bytes.Length == dataStart + dataBytes ? new ReplicaFetchResponse((ErrorCode)error, session, sequence, entries) : Malformed("response");
    }

    private static Error Malformed(string what) => new(ErrorCode.MalformedRequest, $"the replica fetch {what} is not of a version and form known here");
}
