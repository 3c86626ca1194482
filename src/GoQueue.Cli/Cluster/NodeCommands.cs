using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Client;
using GoQueue.Contracts.V1;

namespace GoQueue.Cli.Cluster;

/// <summary>Nodes come and go: <c>add</c>, <c>drain</c>, <c>undrain</c>, <c>promote</c>, <c>remove</c>.</summary>
internal static class NodeCommands
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static void AddTo(CommandTree tree, Command cluster)
    {
        AddAdd(tree, cluster);
        AddDrain(tree, cluster);
        AddUndrain(tree, cluster);
        AddPromote(tree, cluster);
        AddRemove(tree, cluster);
    }

    public static Argument<string> Node() => new("node") { Description = "Id of the node (see goqueue cluster brokers)." };

    private static void AddAdd(CommandTree tree, Command cluster)
    {
        Argument<string> node = Node();
        Option<TimeSpan?> timeout = OptionOf.Duration("--timeout", "How long to wait until the node has joined. Default 60s.");
        Option<bool> noMove = OptionOf.Flag("--no-move", "Only wait until it has joined; move nothing to it.");
        Option<long?> rate = OptionOf.Size("--rate", "Bytes a second for each broker while replicas move, in and out; 0 for no bound. Default: as it is.");
        Option<bool> wait = OptionOf.Flag("--wait", "Wait until the replicas have arrived.");
        tree.Add(
            cluster,
            new Command("add", "Take a new node into use: wait until it has joined, then move its share of replicas to it.") { node, timeout, noMove, rate, wait },
            new CommandText(
                "A node joins by itself when it is started with the address of any node of the cluster; this command says how when it is not there. An empty data "
                + "directory is a new node: to bring a node back, start it on the directory it had.",
                ("goqueue cluster add n4 --wait", "n4 is running; use it")),
            session => session.WithClusterAsync(async admin =>
            {
                string id = session.Get(node);
                await JoinedAsync(session, admin, id, session.Get(timeout) ?? Patience);
                if (session.Get(noMove))
                {
                    session.Notices.Say($"node {id} has joined");
                    return ExitCode.Ok;
                }

                StartReassignmentRequest request = new();
                if (session.Get(rate) is { } bytes)
                {
                    request.BytesPerSecond = bytes;
                }

                Reassignment now = (await admin.StartReassignmentAsync(request, session.Cancel)).Reassignment;
                session.Notices.Say(now.Moving.Count == 0 ? $"node {id} has joined; nothing needs to move" : $"node {id} has joined; replicas move to it (`goqueue cluster reassign status`)");
                now = session.Get(wait) ? await Moves.WaitAsync(session, admin, now) : now;
                session.Results.Write(ClusterResult.Of(now));
                return ExitCode.Ok;
            }));
    }

    private static void AddDrain(CommandTree tree, Command cluster)
    {
        Argument<string> node = Node();
        Option<bool> wait = OptionOf.Flag("--wait", "Wait until it is empty.");
        tree.Add(
            cluster,
            new Command("drain", "Empty a node: nothing new, no leaderships, and its replicas move to others.") { node, wait },
            new CommandText(
                "Also for a node that is gone for good. Refused when the other nodes are too few for the replicas that topics want.",
                ("goqueue cluster drain n3 --wait", "before it is taken away")),
            session => session.WithClusterAsync(async admin =>
            {
                Reassignment now = (await admin.DrainAsync(session.Get(node), session.Cancel)).Reassignment;
                now = session.Get(wait) ? await Moves.WaitAsync(session, admin, now) : now;
                session.Results.Write(ClusterResult.Of(now));
                session.Notices.Say(now.Moving.Count == 0
                    ? $"node {session.Get(node)} is empty; stop it, then `goqueue cluster remove {session.Get(node)}`"
                    : $"node {session.Get(node)} is being emptied; see `goqueue cluster reassign status`");
                return ExitCode.Ok;
            }));
    }

    private static void AddUndrain(CommandTree tree, Command cluster)
    {
        Argument<string> node = Node();
        tree.Add(
            cluster,
            new Command("undrain", "Let a node take replicas again. What moved away stays away until it is planned back.") { node },
            CommandText.None,
            session => session.WithClusterAsync(async admin =>
            {
                await admin.UndrainAsync(session.Get(node), session.Cancel);
                session.Notices.Say($"node {session.Get(node)} takes replicas again; bring some back with `goqueue cluster reassign start`");
                return ExitCode.Ok;
            }));
    }

    private static void AddPromote(CommandTree tree, Command cluster)
    {
        Argument<string> node = Node();
        tree.Add(
            cluster,
            new Command("promote", "Let a node vote in the metadata quorum now; the controller does so by itself up to five voters.") { node },
            CommandText.None,
            session => session.WithClusterAsync(async admin =>
            {
                await admin.PromoteAsync(session.Get(node), session.Cancel);
                session.Notices.Say($"node {session.Get(node)} votes");
                return ExitCode.Ok;
            }));
    }

    private static void AddRemove(CommandTree tree, Command cluster)
    {
        Argument<string> node = Node();
        tree.Add(
            cluster,
            new Command("remove", "Forget a node for good. Drain it and stop it before.") { node },
            new CommandText(
                string.Empty,
                ("goqueue cluster drain n3 --wait", "first: move everything away"),
                ("goqueue cluster remove n3", "then, when its process is stopped")),
            session => session.WithClusterAsync(async admin =>
            {
                await admin.RemoveAsync(session.Get(node), session.Cancel);
                session.Notices.Say($"node {session.Get(node)} is forgotten; its data directory may be deleted");
                return ExitCode.Ok;
            }));
    }

    private static async Task JoinedAsync(Session session, GoQueueClusterAdmin admin, string node, TimeSpan patience)
    {
        long started = session.Environment.Time.GetTimestamp();
        bool isTold = false;
        while (true)
        {
            ListBrokersResponse answer = await admin.ListBrokersAsync(session.Cancel);
            Broker? broker = answer.Brokers.FirstOrDefault(each => each.Node == node);
            if (broker is { State: BrokerState.Online })
            {
                return;
            }

            string peers = string.Join(',', answer.Brokers.Where(each => each.Node != node && each.PeerEndpoint.Length > 0).Select(each => $"{each.Node}={each.PeerEndpoint}"));
            string how = $"start it with `goqueue-server --node-id {node} --peers {node}=HOST:PORT,{peers} --data DIR`";
            if (session.Environment.Time.GetElapsedTime(started) >= patience)
            {
                throw CommandFailure.Refused(broker is null ? $"no node {node} has joined the cluster" : $"node {node} is known but not there ({broker.State.ToString().ToLowerInvariant()})", how);
            }

            if (!isTold)
            {
                isTold = true;
                session.Notices.Say($"waiting for node {node}; {how}");
            }

            await Task.Delay(LookAgain, session.Environment.Time, session.Cancel);
        }
    }
}
