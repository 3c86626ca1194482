using GoQueue.Core;
using GoQueue.Replication.Wire;

namespace GoQueue.Replication.Tests;

public sealed class FetchCodecTests
{
    private static readonly TopicPartition P0 = new(new TopicId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), new PartitionIndex(0));
    private static readonly TopicPartition P7 = P0 with { Partition = new PartitionIndex(7) };

    private static readonly ReplicaFetchRequest Request = new(
        0x0102030405060708,
        9,
        new BrokerEpoch(77),
        500,
        1 << 20,
        [new PartitionPosition(P0, new FetchPosition(new LeaderEpoch(3), new Offset(1000), new LeaderEpoch(2), new Offset(10), 5))],
        [P7]);

    private static readonly ReplicaFetchResponse Response = new(
        ErrorCode.None,
        4,
        9,
        [
            new PartitionFetched(P0, new FetchAnswer(new LeaderEpoch(3), 5, ErrorCode.None, EpochEnd.Undefined, new Offset(900), new Offset(10)) { PromisedStart = new Offset(30), LogStart = new Offset(20) }, 3),
            new PartitionFetched(P7, new FetchAnswer(new LeaderEpoch(4), 6, ErrorCode.OffsetOutOfRange, new EpochEnd(new LeaderEpoch(2), new Offset(5)), new Offset(0), new Offset(0)), 0),
        ]);

    [Fact]
    public void Golden_request()
    {
        using SharedBuffer bytes = ReplicaFetchCodec.Encode(Request);
        Assert.Equal(
            "03000102030405060708" + "00000009" + "000000000000004d" + "000001f4" + "00100000" + "00000001" + "00000001"
            + Id + "00000000" + "00000003" + "00000000000003e8" + "00000002" + "000000000000000a" + "00000005" + "00"
            + Id + "00000007",
            Convert.ToHexStringLower(bytes.Span));
    }

    [Fact]
    public void A_request_of_version_1_whose_positions_had_no_state_byte_is_refused_by_its_version()
    {
        byte[] old = Convert.FromHexString(
            "01000102030405060708" + "00000009" + "000000000000004d" + "000001f4" + "00100000" + "00000001" + "00000000"
            + Id + "00000000" + "00000003" + "00000000000003e8" + "00000002" + "000000000000000a" + "00000005");
        Error error = ReplicaFetchCodec.DecodeRequest(old).Error;
        Assert.Equal(ErrorCode.MalformedRequest, error.Code);
        Assert.Contains("has version 1, this node knows 3", error.Detail, StringComparison.Ordinal);
    }

    private const string Id = "00000001000200030405060708090a0b";

    [Fact]
    public void Golden_response_head()
    {
        using SharedBuffer bytes = ReplicaFetchCodec.Encode(Response);
        Assert.Equal(
            "0200" + "00000000" + "0000000000000004" + "00000009" + "00000002"
            + Id + "00000000" + "00000003" + "00000005" + "00000000" + "0000000000000384" + "000000000000000a" + "000000000000001e" + "0000000000000014" + "ffffffff" + "ffffffffffffffff" + "00000003" + "00000000"
            + Id + "00000007" + "00000004" + "00000006" + "0000000d" + "0000000000000000" + "0000000000000000" + "0000000000000000" + "0000000000000000" + "00000002" + "0000000000000005" + "00000000" + "00000000",
            Convert.ToHexStringLower(bytes.Span));
    }

    [Fact]
    public void Offers_of_segments_travel_and_never_together_with_data()
    {
        using SharedBuffer request = ReplicaFetchCodec.Encode(Request with { TakesOffers = true });
        Assert.Equal(1, request.Span[1]);
        Assert.True(ReplicaFetchCodec.DecodeRequest(request.Span).Value.TakesOffers);
        PartitionFetched plain = Response.Entries[0];
        foreach (int bytes in new[] { 0, 3 })
        {
            PartitionFetched offer = plain with { Answer = plain.Answer with { OffersSegment = true }, DataBytes = bytes };
            using SharedBuffer head = ReplicaFetchCodec.Encode(Response with { Entries = [offer] });
            byte[] whole = [.. head.Span, .. new byte[bytes]];
            Result<ReplicaFetchResponse> read = ReplicaFetchCodec.DecodeResponse(whole, out _);
            Assert.Equal(bytes == 0, read.IsOk);
            Assert.True(bytes > 0 || (read.Value.Entries[0].Answer.OffersSegment && read.Value.Entries[0].IsFinal));
        }
    }

    [Fact]
    public void A_request_is_read_as_it_was_written()
    {
        using SharedBuffer bytes = ReplicaFetchCodec.Encode(Request);
        ReplicaFetchRequest read = ReplicaFetchCodec.DecodeRequest(bytes.Span).Value;
        Assert.Equal(Request.Positions, read.Positions);
        Assert.Equal(Request.Forgotten, read.Forgotten);
        Assert.Equal(Request with { Positions = read.Positions, Forgotten = read.Forgotten }, read);
    }

    [Fact]
    public void A_response_is_read_as_it_was_written_and_its_data_found()
    {
        byte[] bytes = WithData([1, 2, 3]);
        ReplicaFetchResponse read = ReplicaFetchCodec.DecodeResponse(bytes, out int dataStart).Value;
        Assert.Equal(Response.Entries, read.Entries);
        Assert.Equal([1, 2, 3], bytes[dataStart..]);
        Assert.True(read.Entries[0].IsFinal && read.Entries[1].IsFinal);
    }

    [Fact]
    public void Data_of_another_length_than_announced_is_refused()
    {
        Assert.Equal(ErrorCode.MalformedRequest, ReplicaFetchCodec.DecodeResponse(WithData([1, 2]), out _).Error.Code);
        Assert.Equal(ErrorCode.MalformedRequest, ReplicaFetchCodec.DecodeResponse(WithData([1, 2, 3, 4]), out _).Error.Code);
    }

    [Fact]
    public void Every_cut_request_and_response_is_refused()
    {
        using SharedBuffer request = ReplicaFetchCodec.Encode(Request);
        byte[] response = WithData([1, 2, 3]);
        for (int length = 0; length < request.Length; length++)
        {
            Assert.False(ReplicaFetchCodec.DecodeRequest(request.Span[..length]).IsOk, $"request of {length} bytes");
        }

        for (int length = 0; length < response.Length; length++)
        {
            Assert.False(ReplicaFetchCodec.DecodeResponse(response.AsSpan(0, length), out _).IsOk, $"response of {length} bytes");
        }
    }

    [Fact]
    public void Hostile_bytes_are_refused_or_read_and_written_back_the_same()
    {
        Random random = new(7);
        using SharedBuffer seed = ReplicaFetchCodec.Encode(Request);
        byte[] response = WithData([1, 2, 3]);
        for (int round = 0; round < 50_000; round++)
        {
            byte[] bytes = round % 2 == 0 ? seed.Span.ToArray() : [.. response];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(4) switch { 0 => 0xFF, 1 => 0x7F, 2 => 0, _ => (byte)random.Next(256) };
            }

            if (round % 2 == 0 && ReplicaFetchCodec.DecodeRequest(bytes).TryGet(out ReplicaFetchRequest? request, out _))
            {
                using SharedBuffer again = ReplicaFetchCodec.Encode(request);
                Assert.Equal(bytes, again.Span.ToArray());
            }
            else if (round % 2 == 1 && ReplicaFetchCodec.DecodeResponse(bytes, out int dataStart).TryGet(out ReplicaFetchResponse? answer, out _))
            {
                using SharedBuffer again = ReplicaFetchCodec.Encode(answer);
                Assert.Equal(bytes[..dataStart], again.Span.ToArray());
            }
        }
    }

    private static byte[] WithData(byte[] data)
    {
        using SharedBuffer head = ReplicaFetchCodec.Encode(Response);
        return [.. head.Span, .. data];
    }
}

public sealed class StateFetchCodecTests
{
    private static readonly StateFetchRequest Request = new(
        new TopicPartition(new TopicId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), new PartitionIndex(2)), new LeaderEpoch(3), new BrokerEpoch(4), Offset.None, 5, 6);

    [Fact]
    public void Golden_request_and_response()
    {
        using SharedBuffer request = StateFetchCodec.Encode(Request);
        Assert.Equal("0101" + "00000001000200030405060708090a0b" + "00000002" + "00000003" + "0000000000000004" + "ffffffffffffffff" + "0000000000000005" + "00000006", Convert.ToHexStringLower(request.Span));
        using SharedBuffer response = StateFetchCodec.Encode(new StateFetchResponse(new Offset(1), new Offset(2), 9, 0) { EpochBefore = new LeaderEpoch(4), EpochBeganAt = Offset.Zero }, [1, 2, 3]);
        Assert.Equal("0200" + "0000000000000001" + "00000004" + "0000000000000000" + "0000000000000002" + "0000000000000009" + Crc32C.Compute([1, 2, 3]).ToString("x8") + "010203", Convert.ToHexStringLower(response.Span));
    }

    [Fact]
    public void What_was_written_is_read_and_every_cut_or_changed_byte_of_the_data_is_refused()
    {
        using SharedBuffer request = StateFetchCodec.Encode(Request);
        Assert.Equal(Request, StateFetchCodec.DecodeRequest(request.Span).Value);
        StateFetchResponse answer = new(new Offset(1), new Offset(2), 3, Crc32C.Compute([1, 2, 3])) { EpochBefore = LeaderEpoch.None, EpochBeganAt = Offset.None };
        using SharedBuffer response = StateFetchCodec.Encode(answer, [1, 2, 3]);
        Assert.Equal(answer, StateFetchCodec.DecodeResponse(response.Span).Value);
        using SharedBuffer behind = StateFetchCodec.Encode(answer with { EpochBefore = LeaderEpoch.Zero, EpochBeganAt = new Offset(1) }, [1, 2, 3]);
        Assert.False(StateFetchCodec.DecodeResponse(behind.Span).IsOk); // an epoch of the record before the start began before it
        for (int length = 0; length < request.Length; length++)
        {
            Assert.False(StateFetchCodec.DecodeRequest(request.Span[..length]).IsOk);
        }

        for (int length = 0; length < response.Length; length++)
        {
            Assert.False(StateFetchCodec.DecodeResponse(response.Span[..length]).IsOk);
        }

        response.Span[^2] ^= 1;
        Assert.False(StateFetchCodec.DecodeResponse(response.Span).IsOk);
    }
}
