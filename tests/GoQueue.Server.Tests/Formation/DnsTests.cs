using System.Net;
using System.Net.Sockets;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Formation;
using GoQueue.Server.Peers;
using GoQueue.Server.Tests.Peers;
using GoQueue.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Endpoint = GoQueue.Metadata.Brokers.Endpoint;

namespace GoQueue.Server.Tests.Formation;

public sealed class DnsTests
{
    // An answer with two SRV records whose targets are compressed, as dnsmasq sends it, and an address record between them.
    private const string Answer =
        "1234" + "8580" + "0001" + "0003" + "0000" + "0000" +
        "055F70656572045F746370026771076578616D706C6500" + "0021" + "0001" +
        "C00C" + "0021" + "0001" + "0000001E" + "000B" + "0000" + "0000" + "1B58" + "026E31" + "C017" +
        "C00C" + "0001" + "0001" + "0000001E" + "0004" + "7F000001" +
        "C00C" + "0021" + "0001" + "0000001E" + "000B" + "0000" + "0000" + "1B59" + "026E32" + "C017";

    private const string Name = "_peer._tcp.gq.example";

    [Fact]
    public void Service_records_are_read_with_their_ports()
    {
        Assert.True(DnsMessage.TryRead(Convert.FromHexString(Answer), 0x1234, Name, out DnsAnswer? read));
        Assert.Equal([new ServiceRecord("n1.gq.example", 7000), new ServiceRecord("n2.gq.example", 7001)], read.Services);
        Assert.Equal([IPAddress.Loopback], read.Addresses);
    }

    [Fact]
    public void An_answer_to_another_question_is_not_taken()
    {
        byte[] answer = Convert.FromHexString(Answer);
        Assert.False(DnsMessage.TryRead(answer, 0x1235, Name, out _));
        Assert.False(DnsMessage.TryRead(answer, 0x1234, "_peer._tcp.other.example", out _));
    }

    [Fact]
    public void Damaged_answers_are_read_without_an_exception()
    {
        byte[] answer = Convert.FromHexString(Answer);
        Random random = new(20261121);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] changed = answer[..random.Next(answer.Length + 1)];
            for (int flips = random.Next(5); flips > 0 && changed.Length > 0; flips--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            DnsMessage.TryRead(changed, 0x1234, Name, out _);
        }

        byte[] circle = [.. answer[..39], 0xC0, 39, .. answer[41..]]; // a name that goes on at itself
        DnsMessage.TryRead(circle, 0x1234, Name, out _);
    }

    [Fact]
    public void Names_are_tried_with_the_search_list_as_resolvers_do()
    {
        ResolverConfiguration cluster = ResolverConfiguration.Parse(["# comment", "search ns.svc.cluster.local svc.cluster.local", "nameserver 10.0.0.10", "nameserver fd00::a", "options ndots:5 edns0"]);
        Assert.Equal([new IPEndPoint(IPAddress.Parse("10.0.0.10"), 53), new IPEndPoint(IPAddress.Parse("fd00::a"), 53)], cluster.Servers);
        Assert.Equal(["peers.ns.svc.cluster.local", "peers.svc.cluster.local", "peers"], cluster.Candidates("peers"));
        Assert.Equal(["peers.example.com"], cluster.Candidates("peers.example.com."));
        Assert.Equal(["a.b", "a.b.x"], ResolverConfiguration.Parse(["search x"]).Candidates("a.b"));
    }

    [Fact]
    public async Task Service_records_are_asked_for_over_UDP()
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using TempFolder folder = new();
        string file = Path.Combine(folder.Path, "resolv.conf");
        await File.WriteAllTextAsync(file, $"nameserver {server.LocalEndPoint}\n");
        Task answering = Task.Run(async () =>
        {
            byte[] question = new byte[512];
            SocketReceiveFromResult asked = await server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0));
            byte[] answer = Convert.FromHexString(Answer);
            question.AsSpan(0, 2).CopyTo(answer);
            await server.SendToAsync(new byte[] { 1, 2, 3 }, asked.RemoteEndPoint); // noise before the answer
            await server.SendToAsync(answer, asked.RemoteEndPoint);
        });
        IReadOnlyList<ServiceRecord> services = await new SystemResolver(file).ServicesAsync(Name + ".", CancellationToken.None);
        await answering;
        Assert.Equal(["n1.gq.example", "n2.gq.example"], services.Select(service => service.Host));
    }

    [Fact]
    public async Task A_name_server_of_ones_own_is_asked_for_everything()
    {
        // The answer above, whose address record serves as that of either host.
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using CancellationTokenSource stop = new();
        Task answering = Task.Run(async () =>
        {
            byte[] question = new byte[512];
            byte[] answer = Convert.FromHexString(Answer);
            while (true)
            {
                SocketReceiveFromResult asked = await server.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0), stop.Token);
                int end = question.AsSpan(12).IndexOf((byte)0) + 12 + 5;
                byte[] records = answer[(12 + Name.Length + 2 + 4)..];
                byte[] head = [question[0], question[1], .. answer[2..12], .. question[12..end]];
                await server.SendToAsync((byte[])[.. head, .. records], asked.RemoteEndPoint, stop.Token);
            }
        });
        NameServerResolver resolver = new((IPEndPoint)server.LocalEndPoint!);
        Assert.Equal(["127.0.0.1:7000", "127.0.0.1:7001"], (await resolver.ServicesAsync(Name, CancellationToken.None)).Select(service => $"{service.Host}:{service.Port}"));
        Assert.Equal([IPAddress.IPv6Loopback], await resolver.AddressesAsync("::1", CancellationToken.None)); // nobody is asked
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
        server.Dispose();
        Assert.Empty(await resolver.ServicesAsync(Name, CancellationToken.None)); // it is gone
    }

    [Fact]
    public async Task Nodes_are_found_under_a_name_and_asked_who_they_are()
    {
        await using PeerNodes nodes = new();
        PeerTransport self = await nodes.StartAsync("a");
        PeerTransport other = await nodes.StartAsync("b");
        ScriptedResolver resolver = new();
        DnsPeerFinder finder = new(new Endpoint("gq.example", 7000), resolver, self, NullLogger.Instance);
        Assert.Empty(await finder.FindAsync(CancellationToken.None)); // not there yet

        resolver.Services = [new ServiceRecord("127.0.0.1", self.Endpoint.Port), new ServiceRecord("127.0.0.1", other.Endpoint.Port), new ServiceRecord("127.0.0.1", 1)];
        IReadOnlyList<PeerAddress> found = await finder.FindAsync(CancellationToken.None);
        Assert.Equal([PeerNodes.AddressOf(self), PeerNodes.AddressOf(other)], found.OrderBy(peer => peer.Node));

        resolver.Services = [];
        resolver.Addresses = [IPAddress.Loopback];
        DnsPeerFinder byAddress = new(new Endpoint("gq.example", other.Endpoint.Port), resolver, self, NullLogger.Instance);
        Assert.Equal([PeerNodes.AddressOf(other)], await byAddress.FindAsync(CancellationToken.None));
    }

    private sealed class ScriptedResolver : IHostResolver
    {
        public IReadOnlyList<ServiceRecord> Services { get; set; } = [];

        public IReadOnlyList<IPAddress> Addresses { get; set; } = [];

        public Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Addresses);

        public Task<IReadOnlyList<ServiceRecord>> ServicesAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Services);
    }
}
