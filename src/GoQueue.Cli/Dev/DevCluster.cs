using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Dev;

/// <summary>
/// Several servers of one cluster beside this process. They start together, because a cluster forms when all of it is there; they stop one after the
/// other, so that each hands over what it leads; when one ends by itself, all do.
/// </summary>
internal sealed class DevCluster : IDisposable
{
    private readonly IReadOnlyList<DevNode> nodes;

    // Completed by a signal handler.
    private readonly TaskCompletionSource hurried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int impatience;

    private DevCluster(IReadOnlyList<DevNode> nodes)
    {
        this.nodes = nodes;
        Ready = Task.WhenAll(nodes.Select(node => node.Server.Ready));
        FirstEnd = Task.WhenAny(nodes.Select(node => node.Server.Ended));
    }

    public IReadOnlyList<DevNode> Nodes => nodes;

    /// <summary>Completes when every server is ready; never when one ends before.</summary>
    public Task<ReadyLine[]> Ready { get; }

    /// <summary>Completes with the first server that ends.</summary>
    public Task FirstEnd { get; }

    /// <param name="start">Starts the server of a node.</param>
    public static async Task<DevCluster> StartAsync(IEnumerable<DevNodePlan> plans, Func<DevNodePlan, Task<DevServer>> start)
    {
        List<DevNode> nodes = [];
        try
        {
            foreach (DevNodePlan plan in plans)
            {
                nodes.Add(new DevNode(plan, await start(plan)));
            }
        }
        catch
        {
            foreach (DevNode node in nodes)
            {
                node.Server.Kill();
            }

            throw;
        }

        return new DevCluster(nodes);
    }

    /// <summary>Ends all servers, the last one first; a second signal asks those that are left at once, a third ends them.</summary>
    public async Task<ExitCode> StopAsync(Interruption interruption)
    {
        interruption.OnSecond = Hurry;
        foreach (DevNode node in nodes.Reverse())
        {
            node.Server.Terminate();
            await Task.WhenAny(node.Server.Ended, hurried.Task);
        }

        int[] codes = await Task.WhenAll(nodes.Select(node => node.Server.Ended));
        return (ExitCode)codes.Max();
    }

    public void Dispose()
    {
        foreach (DevNode node in nodes)
        {
            node.Server.Dispose();
        }
    }

    private void Hurry()
    {
        hurried.TrySetResult();
        bool isFirst = Interlocked.Increment(ref impatience) == 1;
        foreach (DevNode node in nodes)
        {
            if (isFirst)
            {
                node.Server.Terminate();
            }
            else
            {
                node.Server.Kill();
            }
        }
    }
}

/// <summary>One node of the cluster and its process.</summary>
internal sealed record DevNode(DevNodePlan Plan, DevServer Server);

/// <summary>How one node is started.</summary>
internal sealed record DevNodePlan(string Id, string Folder, int HttpPort, int GrpcPort, int MetricsPort, int PeerPort);
