using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Tests.Peers;

/// <summary>The bytes of the peer protocol, as docs/internals/peer-protocol.md has them.</summary>
public sealed class PeerFrameTests
{
    private static readonly PeerIdentity Sender = new(new NodeId("n1"), new Guid("00112233-4455-6677-8899-aabbccddeeff"), "prod", 0, "n1.example", 7000);

    [Fact]
    public void A_golden_header_is_read_and_written()
    {
        byte[] golden = Convert.FromHexString("0000000403010002" + "0102030405060708" + "DEADBEEF" + "A89D619B");
        byte[] written = new byte[FrameHeader.Size];
        FrameHeader header = new(FrameType.Request, PeerChannel.Request, PeerMessageKind.RaftSnapshot, 0x0102030405060708, 4, 0xDEADBEEF);
        header.Write(written);
        Assert.Equal(Convert.ToHexString(golden), Convert.ToHexString(written));
        Assert.True(FrameHeader.TryRead(golden, PeerChannel.Request, out FrameHeader read, out _));
        Assert.Equal(header, read);
    }

    [Fact]
    public void A_golden_hello_and_welcome_are_read_and_written()
    {
        const string Identity = "0000000000000000" + "00112233445566778899AABBCCDDEEFF" + "1B58" + "026E31" + "0470726F64" + "0A6E312E6578616D706C65";
        string hello = Convert.ToHexString(Greeting.Write(new Hello(1, 1, HelloPurpose.Link, PeerChannel.Bulk, 0x1122, Sender, new NodeId("n2"))));
        Assert.Equal("47515052" + "0001" + "0001" + "0000003A" + "1BB2F674" + "00" + "02" + "0000000000001122" + Identity + "026E32", hello);
        string welcome = Convert.ToHexString(Greeting.Write(new Welcome(1, Sender, RefusalReason.None, string.Empty)));
        Assert.Equal("47515052" + "0001" + "0000" + "0000002D" + "0A76A612" + Identity, welcome);
        string refusal = Convert.ToHexString(Greeting.Write(new Welcome(0, null, RefusalReason.WrongCluster, "no")));
        Assert.Equal("47515052" + "0000" + "0003" + "00000004" + "D7748B3B" + "00026E6F", refusal);

        Assert.True(Greeting.TryReadHello(Convert.FromHexString(hello), out Hello? readHello, out _, out _));
        Assert.Equal(new Hello(1, 1, HelloPurpose.Link, PeerChannel.Bulk, 0x1122, Sender, new NodeId("n2")), readHello);
        Assert.True(Greeting.TryReadWelcome(Convert.FromHexString(welcome), out Welcome? readWelcome));
        Assert.Equal(new Welcome(1, Sender, RefusalReason.None, string.Empty), readWelcome);
        Assert.True(Greeting.TryReadWelcome(Convert.FromHexString(refusal), out Welcome? readRefusal));
        Assert.Equal(new Welcome(0, null, RefusalReason.WrongCluster, "no"), readRefusal);
    }

    [Fact]
    public void Every_changed_byte_of_a_header_or_greeting_is_noticed()
    {
        byte[] header = new byte[FrameHeader.Size];
        new FrameHeader(FrameType.Message, PeerChannel.Control, PeerMessageKind.Raft, 0, 10, 1).Write(header);
        byte[] hello = Greeting.Write(new Hello(1, 1, HelloPurpose.Link, PeerChannel.Control, 7, Sender, new NodeId("n2")));
        for (int i = 0; i < header.Length; i++)
        {
            byte[] changed = [.. header];
            changed[i] ^= 0x10;
            Assert.False(FrameHeader.TryRead(changed, PeerChannel.Control, out _, out string? problem));
            Assert.NotEmpty(problem);
        }

        for (int i = 0; i < hello.Length; i++)
        {
            byte[] changed = [.. hello];
            changed[i] ^= 0x10;
            Assert.False(Greeting.TryReadHello(changed, out _, out _, out _));
        }
    }

    [Theory]
    [InlineData(PeerChannel.Control, 4 << 20)]
    [InlineData(PeerChannel.Request, 32 << 20)]
    [InlineData(PeerChannel.Bulk, 80 << 20)]
    public void A_length_beyond_the_bound_of_the_channel_is_not_believed(PeerChannel channel, int most)
    {
        byte[] header = new byte[FrameHeader.Size];
        foreach ((int length, bool allowed) in new[] { (0, true), (most, true), (most + 1, false), (int.MaxValue, false), (-1, false) })
        {
            new FrameHeader(FrameType.Message, channel, PeerMessageKind.Raft, 0, length, 1).Write(header);
            Assert.Equal(allowed, FrameHeader.TryRead(header, channel, out _, out _));
        }
    }

    [Fact]
    public void Random_and_cut_greetings_are_refused_without_an_exception()
    {
        Random random = new(20261121);
        byte[] hello = Greeting.Write(new Hello(1, 1, HelloPurpose.Link, PeerChannel.Control, 7, Sender, new NodeId("n2")));
        for (int cut = 0; cut < hello.Length; cut++)
        {
            Assert.False(Greeting.TryReadHello(hello.AsSpan(0, cut), out _, out _, out _));
        }

        for (int i = 0; i < 20_000; i++)
        {
            // A good prefix around random fields, so that the fields are really read.
            byte[] body = new byte[random.Next(0, 120)];
            random.NextBytes(body);
            byte[] bytes = [.. hello.AsSpan(0, Greeting.PrefixSize), .. body];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), body.Length);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), Crc32C.Append(Crc32C.Compute(bytes.AsSpan(0, 12)), body));
            Greeting.TryReadHello(bytes, out _, out _, out _);
            Greeting.TryReadWelcome(bytes, out _);
        }
    }

    [Fact]
    public void Fields_of_a_later_program_behind_the_known_ones_are_ignored()
    {
        byte[] hello = Greeting.Write(new Hello(1, 3, HelloPurpose.Link, PeerChannel.Control, 7, Sender, new NodeId("n2")));
        byte[] longer = [.. hello, 1, 2, 3];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(longer.AsSpan(8), longer.Length - Greeting.PrefixSize);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(longer.AsSpan(12), Crc32C.Append(Crc32C.Compute(longer.AsSpan(0, 12)), longer.AsSpan(Greeting.PrefixSize)));
        Assert.True(Greeting.TryReadHello(longer, out Hello? read, out _, out _));
        Assert.Equal(3, read.HighestVersion);
    }

    [Fact]
    public void A_refusal_keeps_its_code_and_an_unknown_code_is_an_internal_error()
    {
        using SharedBuffer known = RefusalPayload.Write(new Error(ErrorCode.NotLeader, "über"));
        Assert.Equal(new Error(ErrorCode.NotLeader, "über"), RefusalPayload.Read(known.Span));
        foreach (byte[] odd in new byte[][] { [], [1, 2], [0, 0, 0, 0], [0x7F, 0, 0, 0, (byte)'x'] })
        {
            Assert.Equal(ErrorCode.Internal, RefusalPayload.Read(odd).Code);
        }
    }
}
