using GoQueue.ClusterTest.Loads;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>What a scenario works with: a folder, clusters, and a place for its figures and failures.</summary>
internal sealed class Stage(TestOptions options, string folder, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly List<Cluster> clusters = [];
    private readonly List<string> figures = [];
    private readonly List<string> failures = [];
    private bool isDisposed;

    public TestOptions Options => options;

    public string Folder => folder;

    public CancellationToken Cancelled => cancellationToken;

    /// <summary>Why it was not run; null when it was.</summary>
    public string? LeftOut { get; private set; }

    public IReadOnlyList<string> Figures => figures;

    public IReadOnlyList<string> Failures => failures;

    public async Task<Cluster> ClusterAsync(int nodes = 3, IReadOnlyList<string>? arguments = null, Func<string, string>? dataOf = null)
    {
        Cluster cluster = await Cluster.StartAsync(options.Bin, Path.Combine(folder, $"cluster-{clusters.Count + 1}"), nodes, arguments ?? [], dataOf, cancellationToken);
        clusters.Add(cluster);
        return cluster;
    }

    public Cluster EmptyCluster()
    {
        Cluster cluster = Cluster.Empty(options.Bin, Path.Combine(folder, $"cluster-{clusters.Count + 1}"));
        clusters.Add(cluster);
        return cluster;
    }

    /// <summary>A cluster of three with a topic of three replicas, two of which must be in sync, and a load on it that flows.</summary>
    public async Task<Trial> TrialAsync(int partitions = 3, Cluster? cluster = null, Func<LoadPlan, LoadPlan>? plan = null)
    {
        cluster ??= await ClusterAsync();
        LoadPlan usual = new() { Topic = "load", Partitions = partitions, Road = options.Road };
        return await Trial.StartAsync(this, cluster, plan?.Invoke(usual) ?? usual);
    }

    /// <summary>A figure for the line of the scenario.</summary>
    public void Note(string figure) => figures.Add(figure);

    public void Fail(string what) => failures.Add(what);

    public void FailIf(bool isWrong, string what)
    {
        if (isWrong)
        {
            Fail(what);
        }
    }

    public void LeaveOut(string why) => LeftOut = why;

    public Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);

    /// <summary>The last lines of all nodes, when something went wrong.</summary>
    public void Show()
    {
        foreach (Cluster cluster in clusters)
        {
            cluster.Show();
        }
    }

    /// <summary>Ends all nodes. A scenario may do it itself, when it has to clear away what they stand on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            foreach (Cluster cluster in clusters)
            {
                await cluster.DisposeAsync();
            }
        }
    }
}
