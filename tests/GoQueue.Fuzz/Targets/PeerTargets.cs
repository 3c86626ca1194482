using System.Buffers.Binary;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Forwarding;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Fuzz.Targets;

/// <summary>What stands before every payload between nodes, as given and with the checksum made right: refused, or canonical and within the channel's bounds.</summary>
internal sealed class PeerFrameTarget : IFuzzTarget
{
    private const int ChecksumAt = 20;

    public string Name => "peer-frame";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        Write(new FrameHeader(FrameType.KeepAlive, PeerChannel.Control, PeerMessageKind.FormationView, 0, 0, 0)),
        Write(new FrameHeader(FrameType.Request, PeerChannel.Bulk, PeerMessageKind.ReplicaFetch, 7, PeerLimits.MaxPayload(PeerChannel.Bulk), 1)),
        Write(new FrameHeader(FrameType.Refusal, PeerChannel.Request, PeerMessageKind.ForwardedPublish, ulong.MaxValue, 40, uint.MaxValue)),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        Span<byte> bytes = stackalloc byte[FrameHeader.Size];
        input[..Math.Min(input.Length, FrameHeader.Size)].CopyTo(bytes);
        Check(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[ChecksumAt..], Crc32C.Compute(bytes[..ChecksumAt]));
        Check(bytes);
        Error refusal = RefusalPayload.Read(input);
        Invariant.Check(refusal.Code != ErrorCode.None, "a refusal refuses");
    }

    private static void Check(ReadOnlySpan<byte> bytes)
    {
        foreach (PeerChannel channel in Enum.GetValues<PeerChannel>())
        {
            if (FrameHeader.TryRead(bytes, channel, out FrameHeader header, out _))
            {
                Invariant.Check(header.Channel == channel && header.Length >= 0 && header.Length <= PeerLimits.MaxPayload(channel), "a frame keeps to its channel");
                Invariant.Check(bytes.SequenceEqual(Write(header)), "what is read is written back the same");
            }
        }
    }

    private static byte[] Write(FrameHeader header)
    {
        byte[] bytes = new byte[FrameHeader.Size];
        header.Write(bytes);
        return bytes;
    }
}

/// <summary>The first exchange on a connection between nodes, as given and with length and checksum made right: refused, or the same after writing it again.</summary>
internal sealed class PeerGreetingTarget : IFuzzTarget
{
    private const int LengthAt = 8;
    private const int ChecksumAt = 12;

    private static readonly PeerIdentity Identity = new(new NodeId("n1"), new Guid(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "cluster", 0, "host.example", 7000);

    public string Name => "peer-greeting";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        Greeting.Write(new Hello(1, 1, HelloPurpose.Link, PeerChannel.Bulk, 99, Identity, new NodeId("n2"))),
        Greeting.Write(new Hello(1, 3, HelloPurpose.Probe, PeerChannel.Control, 0, Identity with { ClusterId = null, Host = string.Empty }, null)),
        Greeting.Write(new Welcome(1, Identity, RefusalReason.None, string.Empty)),
        Greeting.Write(new Welcome(0, null, RefusalReason.WrongCluster, "this is another cluster")),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length >= Greeting.PrefixSize)
        {
            byte[] repaired = input.ToArray();
            "GQPR"u8.CopyTo(repaired);
            BinaryPrimitives.WriteInt32BigEndian(repaired.AsSpan(LengthAt), repaired.Length - Greeting.PrefixSize);
            BinaryPrimitives.WriteUInt32BigEndian(repaired.AsSpan(ChecksumAt), Crc32C.Append(Crc32C.Compute(repaired.AsSpan(0, ChecksumAt)), repaired.AsSpan(Greeting.PrefixSize)));
            Check(repaired);
        }
    }

    private static void Check(ReadOnlySpan<byte> bytes)
    {
        if (Greeting.TryReadHello(bytes, out Hello? hello, out _, out _))
        {
            Invariant.Check(Greeting.TryReadHello(Greeting.Write(hello), out Hello? again, out _, out _) && again == hello, "a hello is the same after writing it again");
        }

        if (Greeting.TryReadWelcome(bytes, out Welcome? welcome))
        {
            bool isSame = Greeting.TryReadWelcome(Greeting.Write(welcome), out Welcome? again) && again.Sender == welcome.Sender && again.Reason == welcome.Reason && again.Version == welcome.Version;
            Invariant.Check(isSame, "a welcome is the same after writing it again");
        }
    }
}

/// <summary>Heads of calls and answers that are passed between nodes: refused, or the same after writing them again.</summary>
internal sealed class ForwardingTarget : IFuzzTarget
{
    private static readonly TopicPartition Partition = new(new TopicId(new Guid(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)), new PartitionIndex(3));

    public string Name => "forwarding";

    public IEnumerable<byte[]> Seeds { get; } =
    [
        Bytes(new ForwardedMessage(ForwardedCall.Publish, Partition, 12, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Acks.Leader).Write(0, out _)),
        Bytes(new ForwardedMessage(ForwardedCall.Fetch, Partition, 12, string.Empty, Position: 5, MaxBytes: 1 << 20, WaitMillis: 500).Write(0, out _)),
        Bytes(new ForwardedReply(default, 4, 1000, 0, 3, true).Write()),
        Bytes(ForwardedReply.Refused(new Error(ErrorCode.NotLeader, "not here")).Write()),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (ForwardedMessage.Read(input, out int head).TryGet(out ForwardedMessage message, out _))
        {
            Invariant.Check(head <= input.Length, "a head ends within its bytes");
            ForwardedMessage plain = message with { TraceParent = string.Empty }; // text that is no UTF-8 does not come back
            using SharedBuffer written = plain.Write(0, out _);
            Invariant.Check(ForwardedMessage.Read(written.Span, out _).TryGet(out ForwardedMessage again, out _) && again == plain, "a call is the same after writing it again");
        }

        if (ForwardedReply.Read(input, out int replyHead).TryGet(out ForwardedReply reply, out _))
        {
            Invariant.Check(replyHead <= input.Length, "a head ends within its bytes");
            using SharedBuffer written = reply.Write();
            Invariant.Check(ForwardedReply.Read(written.Span, out _).TryGet(out ForwardedReply again, out _) && again.First == reply.First && again.Error.Code == reply.Error.Code, "an answer is the same after writing it again");
        }
    }

    private static byte[] Bytes(SharedBuffer buffer)
    {
        using (buffer)
        {
            return buffer.Span.ToArray();
        }
    }
}
