using System.Net;
using System.Net.Sockets;
using System.Text;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;
using GoQueue.Server.Peers.Protocol;
using GoQueue.Server.Tests.Fixtures;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Peers;

/// <summary>Who is not a peer of this cluster is told so, logged in words, and harms nobody.</summary>
public sealed class PeerStrangerTests
{
    private static readonly PeerIdentity Stranger = new(new NodeId("x"), Guid.NewGuid(), null, 0, string.Empty, 1);

    public static TheoryData<string, string> Protocols => new()
    {
        { "GET / HTTP/1.1\r\nhost: x\r\n\r\n", "it speaks HTTP" },
        { "POST /v1/topics HTTP/1.1\r\n", "it speaks HTTP" },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "it speaks HTTP/2 (gRPC)" },
        { "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001", "it speaks TLS" },
        { "\u0000\u0000\u0000\u0012\u0000\u0003", "does not speak the peer protocol" },
        { "GQPR\u0000\u0001\u0000\u0001\u007F\u0000\u0000\u0000\u0000\u0000\u0000\u0000", "a greeting of more than" },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_caller_with_another_protocol_is_closed_and_named_in_the_log(string firstBytes, string expected)
    {
        await using PeerNodes nodes = new();
        PeerTransport node = await nodes.StartAsync("a");
        using Socket caller = await ConnectAsync(node);
        await caller.SendAsync(Encoding.Latin1.GetBytes(firstBytes));
        await EndsAsync(caller);
        await Eventually.TrueAsync(() => nodes.Log.About(expected).Length == 1, "the log names it");
        await StillWorksAsync(nodes, node);
    }

    [Fact]
    public async Task A_caller_who_says_nothing_is_closed()
    {
        await using PeerNodes nodes = new();
        PeerTransport node = await nodes.StartAsync("a");
        using Socket caller = await ConnectAsync(node);
        await EndsAsync(caller);
        Assert.Single(nodes.Log.About("it said nothing that makes sense within 2 s"));
    }

    [Theory]
    [InlineData(3, 9, "it speaks versions 3 to 9")]
    [InlineData(1, 1, "it speaks version 1")]
    [InlineData(0, 1, "it speaks versions 0 to 1")]
    [InlineData(9, 3, "it speaks versions 9 to 3")]
    public async Task Versions_that_do_not_meet_ours_are_refused_in_words_on_both_sides(int lowest, int highest, string words)
    {
        await using PeerNodes nodes = new();
        PeerTransport node = await nodes.StartAsync("a");
        Welcome answer = await GreetAsync(node, Greeting.Write(new Hello((ushort)lowest, (ushort)highest, HelloPurpose.Link, PeerChannel.Control, 1, Stranger, node.Self)));
        Assert.Equal(RefusalReason.VersionNotSupported, answer.Reason);
        Assert.Contains($"{words} of the peer protocol, this node version 2; upgrade the older of the two", answer.Detail, StringComparison.Ordinal);
        Assert.Single(nodes.Log.About(words));
    }

    [Fact]
    public async Task Of_several_versions_the_highest_common_one_is_chosen()
    {
        await using PeerNodes nodes = new();
        PeerTransport node = await nodes.StartAsync("a");
        Welcome answer = await GreetAsync(node, Greeting.Write(new Hello(1, 9, HelloPurpose.Probe, PeerChannel.Control, 1, Stranger, null)));
        Assert.Equal((Greeting.Version, RefusalReason.None), (answer.Version, answer.Reason));
    }

    /// <summary>Byte for byte what a program of version 1 said and says: a version bump must not change how versions are told.</summary>
    [Fact]
    public async Task A_node_of_version_1_is_told_to_upgrade_and_so_are_we_by_its_answer()
    {
        const string Identity = "0000000000000000" + "00112233445566778899AABBCCDDEEFF" + "1B58" + "026E31" + "0470726F64" + "0A6E312E6578616D706C65";
        await using PeerNodes nodes = new();
        PeerTransport node = await nodes.StartAsync("a");
        Welcome answer = await GreetAsync(node, Convert.FromHexString("47515052" + "0001" + "0001" + "0000003A" + "1BB2F674" + "00" + "02" + "0000000000001122" + Identity + "026E32"));
        Assert.Equal(RefusalReason.VersionNotSupported, answer.Reason);

        using Socket old = new(SocketType.Stream, ProtocolType.Tcp);
        old.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        old.Listen();
        Task<Result<PeerIdentity>> asked = node.ProbeAsync("127.0.0.1", ((IPEndPoint)old.LocalEndPoint!).Port, CancellationToken.None);
        using Socket taken = await old.AcceptAsync();
        await taken.SendAsync(Convert.FromHexString("47515052" + "0001" + "0000" + "0000002D" + "0A76A612" + Identity));
        Assert.Contains("it chose version 1 of the peer protocol, this node offered version 2", (await asked).Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_greeting_is_refused()
    {
        await using PeerNodes nodes = new();
        PeerTransport node = await nodes.StartAsync("a");
        byte[] hello = Greeting.Write(new Hello(Greeting.Version, Greeting.Version, HelloPurpose.Link, PeerChannel.Control, 1, Stranger, node.Self));
        hello[20] ^= 1;
        Assert.Equal(RefusalReason.Malformed, (await GreetAsync(node, hello)).Reason);
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_refused_and_both_say_so_once()
    {
        await using PeerNodes nodes = new();
        RecordedLog otherLog = new();
        PeerTransport ours = await nodes.StartAsync("a", cluster: "prod");
        PeerTransport theirs = await nodes.StartAsync("b", cluster: "test", log: otherLog);
        theirs.SetPeers([PeerNodes.AddressOf(ours)]);
        Func<NodeId, PeerLinkState?> links = PeerNodes.Watch(theirs);
        await Eventually.TrueAsync(() => otherLog.About("belongs to cluster").Length > 0 && nodes.Log.About("belongs to cluster").Length > 0, "both say so");
        await Eventually.TrueAsync(() => links(ours.Self) == PeerLinkState.Silent, "the link is told as not up");
        await Task.Delay(TimeSpan.FromMilliseconds(300)); // many attempts
        Assert.Single(otherLog.About("belongs to cluster"));
        Assert.Single(nodes.Log.About("belongs to cluster"));
    }

    [Fact]
    public async Task Two_nodes_with_the_same_id_are_found_out_and_the_first_stays()
    {
        await using PeerNodes nodes = new();
        PeerTransport a = await nodes.StartAsync("a");
        PeerTransport first = await nodes.StartAsync("b");
        RecordedLog secondLog = new();
        PeerTransport second = await nodes.StartAsync("b", log: secondLog);
        Func<NodeId, PeerLinkState?> links = PeerNodes.Watch(first);
        first.SetPeers([PeerNodes.AddressOf(a)]);
        await Eventually.TrueAsync(() => links(a.Self) == PeerLinkState.Up, "the first is connected");
        second.SetPeers([PeerNodes.AddressOf(a)]);
        await Eventually.TrueAsync(() => nodes.Log.About("two nodes with the same id b").Length > 0 && secondLog.About("two nodes with the same id b").Length > 0, "both sides say so");
        Assert.Equal(PeerLinkState.Up, links(a.Self));
        await first.DisposeAsync();
        Func<NodeId, PeerLinkState?> secondLinks = PeerNodes.Watch(second);
        await Eventually.TrueAsync(() => secondLinks(a.Self) == PeerLinkState.Up, "when the first is gone the second is taken");
    }

    [Fact]
    public async Task A_wrong_address_is_named_on_both_sides()
    {
        await using PeerNodes nodes = new();
        PeerTransport a = await nodes.StartAsync("a");
        PeerTransport b = await nodes.StartAsync("b");
        b.SetPeers([PeerNodes.AddressOf(a, "c"), PeerNodes.AddressOf(b, "a")]);
        await Eventually.TrueAsync(() => nodes.Log.About("this is node a, and node c was called").Length >= 2, "the wrong node is named");
        await Eventually.TrueAsync(() => nodes.Log.About("and node a was called").Length >= 2, "its own address under another name is named");
    }

    [Fact]
    public async Task A_probe_tells_who_is_there()
    {
        await using PeerNodes nodes = new();
        PeerTransport a = await nodes.StartAsync("a");
        PeerTransport b = await nodes.StartAsync("b", cluster: "prod");
        PeerIdentity seen = (await a.ProbeAsync("127.0.0.1", b.Endpoint.Port, CancellationToken.None)).Value;
        Assert.Equal((b.Self, "prod", b.Endpoint.Port), (seen.Node, seen.ClusterId, seen.Port));
        Assert.Equal(a.Self, (await a.ProbeAsync("127.0.0.1", a.Endpoint.Port, CancellationToken.None)).Value.Node);
        Assert.Equal(ErrorCode.Unreachable, (await a.ProbeAsync("127.0.0.1", 1, CancellationToken.None)).Error.Code);
    }

    [Theory]
    [InlineData(0)] // garbage instead of a header
    [InlineData(1)] // a good header and half its payload, then the end
    [InlineData(2)] // a payload that fails its checksum
    [InlineData(3)] // a length beyond the bound
    [InlineData(4)] // a reply that nobody asked for on a connection that only asks
    [InlineData(5)] // another channel than the connection's
    public async Task After_a_good_handshake_bad_frames_end_the_connection_and_nothing_else(int kind)
    {
        await using PeerNodes nodes = new();
        PeerTransport node = await nodes.StartAsync("a");
        node.OnMessage(PeerMessageKind.Raft, static _ => Assert.Fail("it must not arrive"));
        using Socket caller = await ConnectAsync(node);
        await caller.SendAsync(Greeting.Write(new Hello(Greeting.Version, Greeting.Version, HelloPurpose.Link, PeerChannel.Control, 1, Stranger, node.Self)));
        await caller.ReceiveAsync(new byte[1024]);
        byte[] frame = new byte[FrameHeader.Size + 8];
        uint crc = Crc32C.Compute(frame.AsSpan(FrameHeader.Size));
        FrameHeader header = new(kind == 4 ? FrameType.Reply : FrameType.Message, kind == 5 ? PeerChannel.Bulk : PeerChannel.Control, PeerMessageKind.Raft, 0, kind == 3 ? 1 << 30 : 8, kind == 2 ? crc + 1 : crc);
        header.Write(frame);
        byte[] sent = kind switch { 0 => [.. Enumerable.Repeat((byte)0xA5, 100)], 1 => frame[..^4], _ => frame };
        await caller.SendAsync(sent);
        if (kind == 1)
        {
            caller.Shutdown(SocketShutdown.Send);
        }

        await EndsAsync(caller);
        Assert.Equal(kind == 1 ? 0 : 1, nodes.Log.About("broke the protocol").Length);
        await StillWorksAsync(nodes, node);
    }

    [Fact]
    public async Task Peers_of_no_common_cluster_only_form_one_and_then_talk_freely()
    {
        await using PeerNodes nodes = new();
        PeerTransport member = await nodes.StartAsync("a", cluster: "prod");
        PeerTransport joining = await nodes.StartAsync("b");
        Func<NodeId, PeerLinkState?> links = PeerNodes.Watch(joining);
        foreach (PeerMessageKind kind in new[] { PeerMessageKind.Propose, PeerMessageKind.FormationView })
        {
            member.OnCall(kind, static (_, _) => ValueTask.FromResult<Result<PeerReply>>(new PeerReply(SharedBuffer.CopyOf([1]))));
        }

        joining.SetPeers([PeerNodes.AddressOf(member)]);
        await Eventually.TrueAsync(() => links(member.Self) == PeerLinkState.Up, "the link is up");
        Assert.Equal(ErrorCode.Unreachable, (await CallAsync(joining, member, PeerMessageKind.Propose)).Error.Code);
        Assert.True((await CallAsync(joining, member, PeerMessageKind.FormationView)).IsOk);
        joining.SetCluster("prod");
        await Eventually.TrueAsync(async () => (await CallAsync(joining, member, PeerMessageKind.Propose)).IsOk, "after it joined it is a peer like others");
    }

    [Fact]
    public async Task A_peer_that_talks_to_a_public_port_gets_no_link_and_the_port_goes_on()
    {
        await using TestNode node = await TestNode.StartAsync();
        await using PeerNodes nodes = new();
        PeerTransport peer = await nodes.StartAsync("a");
        foreach (int port in new[] { node.Host.Addresses.Http.Port, node.Host.Addresses.Grpc.Port, node.Host.Addresses.Metrics.Port })
        {
            Assert.False((await peer.ProbeAsync("127.0.0.1", port, CancellationToken.None)).IsOk);
        }

        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{node.Host.Addresses.Http.Port}") };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/ready", UriKind.Relative))).StatusCode);
    }

    private static async Task<Result<SharedBuffer>> CallAsync(PeerTransport from, PeerTransport to, PeerMessageKind kind) =>
        await from.CallAsync(to.Self, kind, PeerChannel.Request, SharedBuffer.CopyOf([1]), TimeSpan.FromSeconds(20), CancellationToken.None);

    private static async Task<Socket> ConnectAsync(PeerTransport node)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(node.Endpoint);
        return socket;
    }

    private static async Task<Welcome> GreetAsync(PeerTransport node, byte[] hello)
    {
        using Socket caller = await ConnectAsync(node);
        await caller.SendAsync(hello);
        byte[] answer = new byte[2048];
        int length = 0;
        while (await caller.ReceiveAsync(answer.AsMemory(length)) is var count and > 0)
        {
            length += count;
        }

        Assert.True(Greeting.TryReadWelcome(answer.AsSpan(0, length), out Welcome? welcome));
        return welcome;
    }

    /// <summary>The other side closes; what it said before does not matter.</summary>
    private static async Task EndsAsync(Socket socket)
    {
        byte[] rest = new byte[1024];
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        try
        {
            while (await socket.ReceiveAsync(rest, patience.Token) > 0)
            {
                // Read on.
            }
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed as well.
        }
    }

    private static async Task StillWorksAsync(PeerNodes nodes, PeerTransport node)
    {
        PeerTransport friend = await nodes.StartAsync("friend");
        Func<NodeId, PeerLinkState?> links = PeerNodes.Watch(friend);
        friend.SetPeers([PeerNodes.AddressOf(node)]);
        await Eventually.TrueAsync(() => links(node.Self) == PeerLinkState.Up, "a real peer still gets its link");
        Assert.Empty(nodes.Log.About("Error:"));
    }
}
