using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Simulation.Network;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Tests;

/// <summary>What the simulated links say and carry; the promises of the port itself are checked by its contract.</summary>
public sealed class NetworkTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private readonly SimulationLoop loop = new(7);
    private readonly SimulatedNetwork network;
    private readonly SimulatedProcess[] processes = new SimulatedProcess[2];
    private readonly SimulatedPeerTransport[] transports = new SimulatedPeerTransport[2];
    private readonly List<PeerLinkState>[] news = [[], []];
    private readonly List<int> received = [];

    public NetworkTests()
    {
        network = new SimulatedNetwork(loop, new NetworkOptions(), 2);
        Boot(0);
        Boot(1);
        loop.Run(Second, long.MaxValue);
    }

    [Fact]
    public void A_link_comes_up_at_both_ends()
    {
        Assert.Equal([PeerLinkState.Up], news[0]);
        Assert.Equal([PeerLinkState.Up], news[1]);
    }

    [Fact]
    public void Messages_of_a_channel_keep_their_order()
    {
        for (int i = 0; i < 200; i++)
        {
            Assert.True(Send(i));
        }

        loop.Run(2 * Second, long.MaxValue);

        Assert.Equal(Enumerable.Range(0, 200), received);
    }

    [Fact]
    public void The_end_of_a_process_shows_as_closed_and_then_refused()
    {
        processes[1].Kill();
        network.Detach(processes[1], isPowerLoss: false);

        loop.Run(2 * Second, long.MaxValue);

        Assert.Equal([PeerLinkState.Up, PeerLinkState.Closed, PeerLinkState.Refused], news[0]);
    }

    [Fact]
    public void The_end_of_a_machine_shows_as_silence()
    {
        processes[1].Kill();
        network.Detach(processes[1], isPowerLoss: true);

        loop.Run(5 * Second, long.MaxValue);

        Assert.Equal([PeerLinkState.Up, PeerLinkState.Silent], news[0]);
    }

    [Fact]
    public void A_one_way_cut_is_noticed_by_the_end_that_hears_nothing()
    {
        network.Cut(0, 1);

        loop.Run(5 * Second, long.MaxValue);

        Assert.Equal([PeerLinkState.Up, PeerLinkState.Silent], news[1]);
        Assert.Equal([PeerLinkState.Up, PeerLinkState.Closed], news[0]);
    }

    [Fact]
    public void A_restarted_process_is_found_again()
    {
        processes[1].Kill();
        network.Detach(processes[1], isPowerLoss: false);
        loop.Run(2 * Second, long.MaxValue);

        Boot(1);
        loop.Run(4 * Second, long.MaxValue);

        Assert.Equal(PeerLinkState.Up, news[0][^1]);
        Assert.True(Send(1));
    }

    [Fact]
    public void A_reset_loses_what_was_under_way_and_nothing_later()
    {
        Send(1);
        network.Reset(0, 1);
        loop.Run(2 * Second, long.MaxValue);
        Send(2);
        loop.Run(3 * Second, long.MaxValue);

        Assert.Equal([2], received);
        Assert.Equal([PeerLinkState.Up, PeerLinkState.Closed, PeerLinkState.Up], news[0]);
    }

    private bool Send(int number)
    {
        SharedBuffer payload = SharedBuffer.CopyOf(BitConverter.GetBytes(number));
        return transports[0].TrySend(new NodeId("n1"), PeerMessageKind.Raft, PeerChannel.Control, payload);
    }

    private void Boot(int host)
    {
        SimulatedProcess process = processes[host] = new SimulatedProcess(loop, host, $"n{host}", new HostClock(0, 0));
        SimulatedPeerTransport transport = transports[host] = network.Attach(process, new NodeId($"n{host}"), Guid.Empty);
        transport.OnMessage(PeerMessageKind.Raft, message => received.Add(BitConverter.ToInt32(message.Payload.Span)));
        transport.OnLinkChange(change => news[host].Add(change.State));
        transport.SetPeers([SimulatedNetwork.AddressOf(new NodeId("n0"), 0), SimulatedNetwork.AddressOf(new NodeId("n1"), 1)]);
    }
}
