using System.CommandLine;
using System.Globalization;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Contracts.V1;

namespace GoQueue.Cli.Cluster;

/// <summary>Leaderships: <c>transfer-leader</c>, <c>balance-leaders</c>, <c>transfer-controller</c>.</summary>
internal static class LeaderCommands
{
    public static void AddTo(CommandTree tree, Command cluster)
    {
        AddTransfer(tree, cluster);
        AddBalance(tree, cluster);
        AddController(tree, cluster);
    }

    private static void AddTransfer(CommandTree tree, Command cluster)
    {
        Argument<string> topic = tree.ExistingTopic();
        Argument<int> partition = new("partition") { Description = "Number of the partition." };
        Option<string?> to = OptionOf.Text("--to", "Node that is to lead. Default: the preferred one, the first of its replicas.", "ID");
        Option<bool> force = OptionOf.Flag("--force", "Also a replica that may lack acknowledged messages. They are lost then; it is recorded as an event.");
        tree.Add(
            cluster,
            new Command("transfer-leader", "Make a replica the leader of its partition.") { topic, partition, to, force },
            new CommandText(
                string.Empty,
                ("goqueue cluster transfer-leader orders 0 --to n2", "n2 leads from now on"),
                ("goqueue cluster transfer-leader orders 0", "back to the preferred replica")),
            session => session.WithClusterAsync(async admin =>
            {
                TransferLeaderRequest request = new() { Topic = session.Get(topic), Partition = session.Get(partition), Forced = session.Get(force) };
                if (session.Get(to) is { } node)
                {
                    request.To = node;
                }

                PartitionStatus now = (await admin.TransferLeaderAsync(request, session.Cancel)).Partition;
                session.Notices.Say(string.Create(CultureInfo.InvariantCulture, $"partition {now.Partition} of {now.Topic} is led by {(now.HasLeader ? now.Leader : "nobody")} (epoch {now.LeaderEpoch})"));
                if (session.Format != OutputFormat.Table)
                {
                    session.Results.Write(new CommandResult(ClusterResult.Document(now)));
                }

                return ExitCode.Ok;
            }));
    }

    private static void AddBalance(CommandTree tree, Command cluster) => tree.Add(
        cluster,
        new Command("balance-leaders", "Give every leadership that can be moved back to the preferred replica."),
        CommandText.None,
        session => session.WithClusterAsync(async admin =>
        {
            BalanceLeadersResponse answer = await admin.BalanceLeadersAsync(session.Cancel);
            session.Notices.Say(string.Create(CultureInfo.InvariantCulture, $"{answer.Changed} leaderships changed"));
            if (session.Format != OutputFormat.Table)
            {
                session.Results.Write(new CommandResult(ClusterResult.Document(answer)));
            }

            return ExitCode.Ok;
        }));

    private static void AddController(CommandTree tree, Command cluster)
    {
        Argument<string> node = NodeCommands.Node();
        tree.Add(
            cluster,
            new Command("transfer-controller", "Make a voter of the metadata quorum its leader, which is the controller.") { node },
            CommandText.None,
            session => session.WithClusterAsync(async admin =>
            {
                TransferControllerResponse answer = await admin.TransferControllerAsync(session.Get(node), session.Cancel);
                session.Notices.Say($"the controller is {(answer.HasController ? answer.Controller : "not known yet")}");
                if (session.Format != OutputFormat.Table)
                {
                    session.Results.Write(new CommandResult(ClusterResult.Document(answer)));
                }

                return ExitCode.Ok;
            }));
    }
}
