using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Client;
using GoQueue.Contracts.V1;
using ErrorCode = GoQueue.Core.ErrorCode;
using ErrorCodes = GoQueue.Core.ErrorCodes;

namespace GoQueue.Cli.Cluster;

/// <summary><c>goqueue cluster</c>: what the cluster looks like, and changes to it. Any node answers.</summary>
internal static class ClusterCommands
{
    public static void AddTo(CommandTree tree)
    {
        Command group = tree.AddGroup(null, new Command("cluster", "Look at the cluster and change it: nodes, replicas, leaders."), new CommandText(
            "Any node answers. With -o json or yaml every command prints the same fields as the REST interface below /v1/admin."));
        AddInfo(tree, group);
        AddHealth(tree, group);
        AddBrokers(tree, group);
        AddPartitions(tree, group);
        AddEvents(tree, group);
        ReassignCommands.AddTo(tree, group);
        LeaderCommands.AddTo(tree, group);
        NodeCommands.AddTo(tree, group);
    }

    /// <summary>Runs with the cluster calls; what a changed cluster refuses is said in terms of these commands.</summary>
    public static Task<ExitCode> WithClusterAsync(this Session session, Func<GoQueueClusterAdmin, Task<ExitCode>> work) => session.WithClientAsync(async client =>
    {
        try
        {
            return await work(client.Cluster);
        }
        catch (GoQueueException e) when (NextOf(e.Code) is { } next)
        {
            throw CommandFailure.Refused($"{e.Detail.TrimEnd('.')} ({ErrorCodes.Name(e.Code)})", next, e);
        }
    });

    private static string? NextOf(ErrorCode code) => code switch
    {
        ErrorCode.UnknownNode => "see the nodes with `goqueue cluster brokers`",
        ErrorCode.PreconditionFailed => "look with `goqueue cluster health` and `goqueue cluster brokers`, then repeat",
        ErrorCode.InvalidReplicationFactor => "add a node (see `goqueue cluster add --help`), or lower the topic's --replication-factor",
        ErrorCode.MetadataUnavailable => "repeat after a moment; if it stays, see with `goqueue cluster health` whether a majority of nodes runs",
        _ => null,
    };

    private static void AddInfo(CommandTree tree, Command group) => tree.Add(
        group,
        new Command("info", "Show the cluster, its controller and its metadata quorum."),
        new CommandText(
            "MATCH and LAST-CONTACT are known to the controller only; ask it (see CONTROLLER) to see them.",
            ("goqueue cluster info", "who is there and who decides")),
        session => session.WithClusterAsync(async cluster =>
        {
            session.Results.Write(ClusterResult.Of(await cluster.GetClusterAsync(session.Cancel)));
            return ExitCode.Ok;
        }));

    private static void AddHealth(CommandTree tree, Command group) => tree.Add(
        group,
        new Command("health", "Say what is wrong with the cluster, if anything."),
        new CommandText(
            "The exit code is 0 when nothing is, and 5 when something is.",
            ("goqueue cluster health", "everything in a glance"),
            ("goqueue cluster health -o json | jq .healthy", "for a script")),
        session => session.WithClusterAsync(async cluster =>
        {
            GetClusterHealthResponse health = await cluster.GetHealthAsync(session.Cancel);
            session.Results.Write(ClusterResult.Of(health));
            foreach (string problem in health.Problems)
            {
                session.Notices.Say(problem);
            }

            return health.Healthy ? ExitCode.Ok : ExitCode.Unhealthy;
        }));

    private static void AddBrokers(CommandTree tree, Command group) => tree.Add(
        group,
        new Command("brokers", "List the nodes, with what they keep and lead."),
        new CommandText(string.Empty, ("goqueue cluster brokers", "one line for each node")),
        session => session.WithClusterAsync(async cluster =>
        {
            session.Results.Write(ClusterResult.Of(await cluster.ListBrokersAsync(session.Cancel)));
            return ExitCode.Ok;
        }));

    private static void AddEvents(CommandTree tree, Command group) => tree.Add(
        group,
        new Command("events", "List the choices that may have cost acknowledged messages, oldest first."),
        CommandText.None,
        session => session.WithClusterAsync(async cluster =>
        {
            session.Results.Write(ClusterResult.Of(await cluster.ListEventsAsync(session.Cancel)));
            return ExitCode.Ok;
        }));

    private static void AddPartitions(CommandTree tree, Command group)
    {
        Option<string?> topic = OptionOf.Text("--topic", "Only this topic.", "NAME");
        Option<string?> node = OptionOf.Text("--node", "Only those with a replica on this node.", "ID");
        Option<bool> offline = OptionOf.Flag("--offline", "Only those that nobody leads.");
        Option<bool> underReplicated = OptionOf.Flag("--under-replicated", "Only those with fewer replicas in sync than there should be.");
        Option<bool> underMinIsr = OptionOf.Flag("--under-min-isr", "Only those that refuse acks=all.");
        Option<bool> reassigning = OptionOf.Flag("--reassigning", "Only those that move.");
        Option<long?> limit = OptionOf.Whole("--limit", [], "Show at most so many. Default all.", "COUNT", 1, int.MaxValue);
        tree.Add(
            group,
            new Command("partitions", "List partitions with their leaders and replicas.") { topic, node, offline, underReplicated, underMinIsr, reassigning, limit },
            new CommandText(
                string.Empty,
                ("goqueue cluster partitions --under-replicated", "what is not safe now"),
                ("goqueue cluster partitions --node n3 -o json | jq length", "how much is on a node")),
            session => session.WithClusterAsync(async cluster =>
            {
                ListPartitionsRequest request = new()
                {
                    Offline = session.Get(offline),
                    UnderReplicated = session.Get(underReplicated),
                    UnderMinInSync = session.Get(underMinIsr),
                    Reassigning = session.Get(reassigning),
                };
                if (session.Get(topic) is { } name)
                {
                    request.Topic = name;
                }

                if (session.Get(node) is { } id)
                {
                    request.Node = id;
                }

                session.Results.Write(ClusterResult.Of(await AllAsync(cluster, request, session.Get(limit) ?? int.MaxValue, session.Cancel)));
                return ExitCode.Ok;
            }));
    }

    private static async Task<List<PartitionStatus>> AllAsync(GoQueueClusterAdmin cluster, ListPartitionsRequest request, long limit, CancellationToken cancellationToken)
    {
        List<PartitionStatus> all = [];
        do
        {
            request.PageSize = (int)Math.Min(limit - all.Count, 1000);
            ListPartitionsResponse page = await cluster.ListPartitionsAsync(request, cancellationToken);
            all.AddRange(page.Partitions);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && all.Count < limit);
        return all;
    }
}
