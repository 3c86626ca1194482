using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Server.Forwarding;

namespace GoQueue.Server.Tests.Forwarding;

/// <summary>The bytes of docs/internals/forwarding.md, those of the version before among them.</summary>
public sealed class ForwardedGoldenTests
{
    private const string Topic = "33221100554477668899AABBCCDDEEFF";
    private const string Fetch1 = "01" + "02" + Topic + "07000000" + "0B00000000000000" + "02" + "E803000000000000" + "00001000" + "F4010000" + "02";

    private static readonly TopicPartition Partition = new(new TopicId(new Guid("00112233-4455-6677-8899-aabbccddeeff")), new PartitionIndex(7));
    private static readonly ForwardedMessage Fetch = new(ForwardedCall.Fetch, Partition, 11, "ab", Acks.All, 1000, 1 << 20, 500, 3);

    [Fact]
    public void A_fetch_carries_the_epoch_of_the_reader()
    {
        using SharedBuffer bytes = Fetch.Write(bodyBytes: 0, out int head);
        Assert.Equal("02" + Fetch1[2..] + "03000000" + "6162", Convert.ToHexString(bytes.Span[..head]));
        Assert.Equal(Fetch, ForwardedMessage.Read(bytes.Span, out int read).Value);
        Assert.Equal(head, read);
    }

    [Fact]
    public void A_fetch_of_version_1_is_one_of_a_reader_who_said_no_epoch() =>
        Assert.Equal(Fetch with { LastEpoch = -1 }, ForwardedMessage.Read(Convert.FromHexString(Fetch1 + "6162"), out _).Value);

    [Fact]
    public void A_publish_is_still_of_version_1()
    {
        ForwardedMessage publish = new(ForwardedCall.Publish, Partition, 11, "ab", Acks.Leader);
        using SharedBuffer bytes = publish.Write(bodyBytes: 0, out int head);
        Assert.Equal("01" + "01" + Topic + "07000000" + "0B00000000000000" + "01" + "0000000000000000" + "00000000" + "00000000" + "02" + "6162", Convert.ToHexString(bytes.Span[..head]));
        Assert.Equal(publish, ForwardedMessage.Read(bytes.Span, out _).Value);
    }

    [Fact]
    public void Answers_of_both_versions()
    {
        ForwardedReply publish = new(default, 5, 6, 0, 3, Flushed: true);
        ForwardedReply fetch = new(new Error(ErrorCode.NotLeader, "n2"), 5, 6, 7, 0, Flushed: false, LastEpoch: 4);
        using SharedBuffer first = publish.Write();
        using SharedBuffer second = fetch.Write(isFetch: true);
        Assert.Equal("01" + "00000000" + "0500000000000000" + "0600000000000000" + "0000000000000000" + "03000000" + "01" + "0000", Convert.ToHexString(first.Span));
        Assert.Equal("02" + Code(ErrorCode.NotLeader) + "0500000000000000" + "0600000000000000" + "0700000000000000" + "04000000" + "00" + "0200" + "6E32", Convert.ToHexString(second.Span));
        Assert.Equal(publish, ForwardedReply.Read(first.Span, out _).Value);
        Assert.Equal(fetch, ForwardedReply.Read(second.Span, out _).Value);
    }

    [Fact]
    public void A_version_of_later_is_refused_by_its_number()
    {
        byte[] later = Convert.FromHexString("03" + Fetch1[2..] + "03000000" + "6162");
        Error error = ForwardedMessage.Read(later, out _).Error;
        Assert.Equal(ErrorCode.UnsupportedBatchVersion, error.Code);
        Assert.Contains("has version 3, this node knows 1 and 2", error.Detail, StringComparison.Ordinal);
        using SharedBuffer reply = ForwardedReply.Refused(new Error(ErrorCode.NotLeader, "n2")).Write();
        reply.Span[0] = 3;
        Assert.Contains("of version 3", ForwardedReply.Read(reply.Span, out _).Error.Detail, StringComparison.Ordinal);
    }

    private static string Code(ErrorCode code) => Convert.ToHexString(BitConverter.GetBytes((int)code));
}
