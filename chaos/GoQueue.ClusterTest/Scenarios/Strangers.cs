using System.Net;
using System.Net.Sockets;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>At the peer port of a leader there are peers that speak garbage, a future version, too much, or nothing at all. The cluster does not notice.</summary>
internal static class Strangers
{
    private const int IdleConnections = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        Node node = await trial.LeaderAsync();
        int port = node.Ports.Peer;
        byte[] garbage = new byte[64 << 10];
        new Random(4711).NextBytes(garbage);
        foreach ((string what, byte[] bytes) in new[]
        {
            ("garbage", garbage),
            ("a hello with a huge length", PeerHello.Damaged(at: 8)),
            ("a hello with a wrong checksum", PeerHello.Damaged(at: 12)),
            ("a hello of this version with nonsense in it", PeerHello.Speaking(1, 1, 40)),
        })
        {
            (byte[] answer, bool isClosed) = await RawConnection.SendAsync(port, bytes, Patience, stage.Cancelled);
            stage.FailIf(!isClosed, $"{what}: the connection stays open, {answer.Length} bytes came");
        }

        (byte[] refusal, _) = await RawConnection.SendAsync(port, PeerHello.Speaking(40, 42, 100), Patience, stage.Cancelled);
        stage.FailIf(PeerHello.Refusal(refusal) != PeerHello.NoCommonVersion, $"a future version is refused with {PeerHello.Refusal(refusal)?.ToString() ?? "nothing"}, not with 'version not supported'");

        List<Socket> idle = [];
        try
        {
            for (int i = 0; i < IdleConnections; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), stage.Cancelled);
            }

            await trial.FlowsAsync();
            TopicView topic = await trial.Cluster.TopicAsync(trial.Topic, stage.Cancelled);
            stage.FailIf(!topic.IsWhole, $"strangers pushed somebody out: {topic}");
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }

        await trial.FinishAsync();
    }
}
