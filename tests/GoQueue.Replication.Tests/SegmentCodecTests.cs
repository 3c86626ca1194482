using GoQueue.Core;
using GoQueue.Replication.Wire;

namespace GoQueue.Replication.Tests;

public sealed class SegmentCodecTests
{
    private const string Id = "00000001000200030405060708090a0b";

    private static readonly SegmentAsker Asker = new(
        new TopicPartition(new TopicId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), new PartitionIndex(7)), new LeaderEpoch(3), new BrokerEpoch(77));

    private static readonly SegmentManifest Manifest = new(new Offset(1000), new Offset(2000), 0x04000000, 0xdeadbeef);

    [Fact]
    public void Golden_messages()
    {
        const string asker = Id + "00000007" + "00000003" + "000000000000004d";
        const string manifest = "00000000000003e8" + "00000000000007d0" + "0000000004000000" + "deadbeef";
        Assert.Equal("0102" + asker + "00000000000003e8", Hex(SegmentFetchCodec.EncodeManifestRequest(Asker, new Offset(1000))));
        Assert.Equal("0100" + manifest, Hex(SegmentFetchCodec.EncodeManifest(Manifest)));
        Assert.Equal("0103" + asker + manifest + "0000000000100000" + "00100000", Hex(SegmentFetchCodec.EncodePartRequest(Asker, Manifest, 1 << 20, 1 << 20)));
        Assert.Equal("0100" + "e3069283", Hex(SegmentFetchCodec.EncodePartHead("123456789"u8)));
    }

    [Fact]
    public void What_was_written_is_read()
    {
        using SharedBuffer manifestRequest = SegmentFetchCodec.EncodeManifestRequest(Asker, new Offset(1000));
        Assert.Equal((Asker, new Offset(1000)), SegmentFetchCodec.DecodeManifestRequest(manifestRequest.Span).Value);
        using SharedBuffer manifest = SegmentFetchCodec.EncodeManifest(Manifest);
        Assert.Equal(Manifest, SegmentFetchCodec.DecodeManifest(manifest.Span).Value);
        using SharedBuffer partRequest = SegmentFetchCodec.EncodePartRequest(Asker, Manifest, 5, 6);
        Assert.Equal((Asker, Manifest, 5L, 6), SegmentFetchCodec.DecodePartRequest(partRequest.Span).Value);
        Assert.True(SegmentFetchCodec.IsManifest(SegmentFetchCodec.KindOf(manifestRequest.Span)));
        Assert.True(SegmentFetchCodec.IsPart(SegmentFetchCodec.KindOf(partRequest.Span)));
    }

    [Fact]
    public void Every_flipped_bit_of_a_part_is_noticed()
    {
        byte[] part = [1, 0, 0xe3, 0x06, 0x92, 0x83, .. "123456789"u8];
        Assert.Null(SegmentFetchCodec.CheckPart(part, 9));
        Assert.NotNull(SegmentFetchCodec.CheckPart(part, 8));
        Assert.NotNull(SegmentFetchCodec.CheckPart(part.AsSpan(0, 14), 9));
        for (int bit = 0; bit < part.Length * 8; bit++)
        {
            part[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotNull(SegmentFetchCodec.CheckPart(part, 9));
            part[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Nothing_that_is_cut_or_impossible_is_read()
    {
        using SharedBuffer request = SegmentFetchCodec.EncodePartRequest(Asker, Manifest, 5, 6);
        for (int length = 0; length < request.Length; length++)
        {
            Assert.False(SegmentFetchCodec.DecodePartRequest(request.Span[..length]).IsOk);
            Assert.False(SegmentFetchCodec.DecodeManifestRequest(request.Span[..length]).IsOk);
            Assert.False(SegmentFetchCodec.DecodeManifest(request.Span[..length]).IsOk);
        }

        foreach (SegmentManifest impossible in new[] { Manifest with { EndOffset = new Offset(1000) }, Manifest with { SizeBytes = 0 }, Manifest with { SizeBytes = 1L << 31 }, Manifest with { BaseOffset = new Offset(-1) } })
        {
            using SharedBuffer bytes = SegmentFetchCodec.EncodeManifest(impossible);
            Assert.False(SegmentFetchCodec.DecodeManifest(bytes.Span).IsOk);
        }
    }

    private static string Hex(SharedBuffer bytes)
    {
        using (bytes)
        {
            return Convert.ToHexStringLower(bytes.Span);
        }
    }
}
