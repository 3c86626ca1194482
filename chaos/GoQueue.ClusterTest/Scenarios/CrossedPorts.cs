using System.Text;
using GoQueue.Client;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>Clients of the public ports at the peer port, and a peer at the public ports: each gets a quick end, and the node says what came.</summary>
internal static class CrossedPorts
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(15); // http.header-timeout unless told otherwise

    public static async Task RunAsync(Stage stage)
    {
        await using Trial trial = await stage.TrialAsync();
        Node node = await trial.LeaderAsync();
        byte[] http = Encoding.ASCII.GetBytes("GET /v1/topics HTTP/1.1\r\nhost: x\r\n\r\n");
        (byte[] answer, bool isClosed) = await RawConnection.SendAsync(node.Ports.Peer, http, Patience, stage.Cancelled);
        stage.FailIf(!isClosed, $"REST at the peer port: the connection stays open, {answer.Length} bytes came");
        stage.FailIf(!node.Logged("http"), "REST at the peer port: the log does not say what came");

        await using (GoQueueClient client = GoQueueClient.Connect(new GoQueueClientOptions { Address = $"127.0.0.1:{node.Ports.Peer}", RequestTimeout = Patience }))
        {
            try
            {
                await client.Admin.ListTopicsAsync(stage.Cancelled);
                stage.Fail("gRPC at the peer port: a client got an answer");
            }
            catch (GoQueueException refusal)
            {
                stage.Note($"gRPC at the peer port: {refusal.Code}");
            }
        }

        foreach ((string what, int port) in new[] { ("REST", node.Ports.Http), ("gRPC", node.Ports.Grpc), ("metrics", node.Ports.Metrics) })
        {
            // To the gRPC listener a line without an end may still become a request of HTTP/1.1; it ends with the header time-out.
            TimeSpan patience = what == "gRPC" ? HeaderTimeout + Patience : Patience;
            (byte[] back, bool ended) = await RawConnection.SendAsync(port, PeerHello.Speaking(1, 1, 40), patience, stage.Cancelled);
            stage.FailIf(!ended, $"a peer at the {what} port: the connection stays open, {back.Length} bytes came");
        }

        await trial.FlowsAsync();
        TopicView topic = await trial.Cluster.TopicAsync(trial.Topic, stage.Cancelled);
        stage.FailIf(!topic.IsWhole, $"somebody was pushed out: {topic}");
        await trial.FinishAsync();
    }
}
