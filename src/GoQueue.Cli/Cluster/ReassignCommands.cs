using System.CommandLine;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Failures;
using GoQueue.Contracts.V1;

namespace GoQueue.Cli.Cluster;

/// <summary><c>goqueue cluster reassign</c>: plan, start, status, cancel, throttle.</summary>
internal static class ReassignCommands
{
    public static void AddTo(CommandTree tree, Command cluster)
    {
        Command group = tree.AddGroup(cluster, new Command("reassign", "Move replicas between nodes."), new CommandText(
            "A partition is moved by filling the new replicas first; the old ones go when the new ones are in sync, so it is never less safe than before."));
        AddPlan(tree, group);
        AddStart(tree, group);
        AddStatus(tree, group);
        AddCancel(tree, group);
        AddThrottle(tree, group);
    }

    private static void AddPlan(CommandTree tree, Command group)
    {
        Argument<string[]> topics = Topics();
        tree.Add(
            group,
            new Command("plan", "Show what would be moved to even out the cluster, or these topics. Changes nothing.") { topics },
            new CommandText(
                string.Empty,
                ("goqueue cluster reassign plan", "what to do after a node was added"),
                ("goqueue cluster reassign plan -o json > plan.json", "to look at, to change, and for start --file")),
            session => session.WithClusterAsync(async cluster =>
            {
                PlanReassignmentRequest request = new();
                request.Topics.AddRange(session.Get(topics));
                PlanReassignmentResponse plan = await cluster.PlanReassignmentAsync(request, session.Cancel);
                session.Results.Write(ClusterResult.Of(plan));
                session.Notices.Say(plan.Moves.Count == 0 ? "nothing needs to move" : "begin with `goqueue cluster reassign start`");
                return ExitCode.Ok;
            }));
    }

    private static void AddStart(CommandTree tree, Command group)
    {
        Argument<string[]> topics = Topics();
        Option<string[]> move = OptionOf.Texts("--move", [], "Where a partition is to be, the preferred leader first.", "TOPIC:PARTITION=NODE,...");
        Option<string?> file = OptionOf.Text("--file", "A plan as `reassign plan -o json` prints it; - for standard input.", "PATH");
        Option<long?> rate = OptionOf.Size("--rate", "Bytes a second for each broker, in and out; 0 for no bound. Default: as it is.");
        Option<bool> wait = OptionOf.Flag("--wait", "Wait until everything has arrived.");
        tree.Add(
            group,
            new Command("start", "Begin to move replicas: as a plan made now says, as --file says, or as --move says.") { topics, move, file, rate, wait },
            new CommandText(
                string.Empty,
                ("goqueue cluster reassign start --rate 50MiB --wait", "even out everything, gently"),
                ("goqueue cluster reassign start --move orders:0=n1,n2,n4", "one partition")),
            session => session.WithClusterAsync(async cluster =>
            {
                session.Exclusive(move, file);
                StartReassignmentRequest request = new();
                request.Moves.AddRange(session.Get(move)!.Select(Moves.Parse));
                if (session.Get(file) is { } path)
                {
                    request.Moves.AddRange(Moves.ReadPlan(path));
                }

                if (session.Get(topics) is { Length: > 0 } names)
                {
                    if (request.Moves.Count > 0)
                    {
                        throw CommandFailure.Usage("topics do not go together with --move or --file", "leave one of them out");
                    }

                    request.Topics.AddRange(names);
                }

                if (session.Get(rate) is { } bytes)
                {
                    request.BytesPerSecond = bytes;
                }

                Reassignment now = (await cluster.StartReassignmentAsync(request, session.Cancel)).Reassignment;
                now = session.Get(wait) ? await Moves.WaitAsync(session, cluster, now) : now;
                session.Results.Write(ClusterResult.Of(now));
                return ExitCode.Ok;
            }));
    }

    private static void AddStatus(CommandTree tree, Command group)
    {
        Option<bool> wait = OptionOf.Flag("--wait", "Wait until everything has arrived.");
        tree.Add(
            group,
            new Command("status", "Show how far the moves are.") { wait },
            CommandText.None,
            session => session.WithClusterAsync(async cluster =>
            {
                Reassignment now = (await cluster.GetReassignmentAsync(session.Cancel)).Reassignment;
                now = session.Get(wait) ? await Moves.WaitAsync(session, cluster, now) : now;
                session.Results.Write(ClusterResult.Of(now));
                return ExitCode.Ok;
            }));
    }

    private static void AddCancel(CommandTree tree, Command group)
    {
        Argument<string[]> topics = Topics();
        tree.Add(
            group,
            new Command("cancel", "Turn back every move that is under way, or those of these topics.") { topics },
            CommandText.None,
            session => session.WithClusterAsync(async cluster =>
            {
                CancelReassignmentRequest request = new();
                request.Topics.AddRange(session.Get(topics));
                session.Results.Write(ClusterResult.Of((await cluster.CancelReassignmentAsync(request, session.Cancel)).Reassignment));
                return ExitCode.Ok;
            }));
    }

    private static void AddThrottle(CommandTree tree, Command group)
    {
        Option<long?> rate = OptionOf.Size("--rate", "Bytes a second for each broker, in and out; 0 for no bound.");
        rate.Required = true;
        tree.Add(
            group,
            new Command("throttle", "Change the bound on moving, while things move.") { rate },
            new CommandText(string.Empty, ("goqueue cluster reassign throttle --rate 20MiB", "slower")),
            session => session.WithClusterAsync(async cluster =>
            {
                AlterReassignmentRequest request = new() { BytesPerSecond = session.Get(rate)!.Value };
                session.Results.Write(ClusterResult.Of((await cluster.AlterReassignmentAsync(request, session.Cancel)).Reassignment));
                return ExitCode.Ok;
            }));
    }

    private static Argument<string[]> Topics() => new("topics")
    {
        Description = "Names of topics. Default: all.",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = _ => [],
    };
}
