using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;

namespace GoQueue.Cli.Dev;

/// <summary><c>goqueue dev</c>: a broker on this machine with one word.</summary>
internal sealed class DevCommand
{
    private const int UsualHttpPort = 8080;
    private const int UsualMetricsPort = 9090;
    private const int UsualPeerPort = 7000;
    private const int MostNodes = 9;

    // A log of some size takes a while to check after a crash; silence for longer than this would look like a hang.
    private static readonly TimeSpan PatienceBeforeNote = TimeSpan.FromSeconds(5);

    private readonly Option<string?> data = OptionOf.Text("--data", "Folder of the data; made when it does not exist. Default ./goqueue-data.", "DIR");
    private readonly Option<bool> ephemeral = OptionOf.Flag("--ephemeral", "Keep the data in a temporary folder that is deleted at the end.");
    private readonly Option<long?> nodes = OptionOf.Whole("--nodes", [], $"Start a cluster of so many servers. Default 1.", "COUNT", 1, MostNodes);
    private readonly Option<long?> httpPort = OptionOf.Whole("--http-port", [], "Port for HTTP; 0 takes a free one. Default 8080, or a free one when that is taken.", "PORT", 0, 65535);
    private readonly Option<long?> grpcPort = OptionOf.Whole("--grpc-port", [], "Port for gRPC; 0 takes a free one. Default 9000, or a free one when that is taken.", "PORT", 0, 65535);
    private readonly Option<long?> metricsPort = OptionOf.Whole("--metrics-port", [], "Port for metrics; 0 takes a free one. Default 9090, or a free one when that is taken.", "PORT", 0, 65535);
    private readonly Option<string?> bind = OptionOf.Text("--bind", "Address to listen on. Default 127.0.0.1, this machine only.", "ADDRESS");
    private readonly Option<bool> logs = OptionOf.Flag("--logs", "Show the server's log on standard error; with --verbose at level debug.");
    private readonly Argument<string[]> serverArguments = new("server-arguments")
    {
        Description = "Further arguments for goqueue-server, after --.",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = _ => [],
    };

    public static void AddTo(CommandTree tree)
    {
        DevCommand dev = new();
        tree.Add(
            null,
            new Command("dev", "Start a broker on this machine, for development.")
            {
                dev.data, dev.ephemeral, dev.nodes, dev.httpPort, dev.grpcPort, dev.metricsPort, dev.bind, dev.logs, dev.serverArguments,
            },
            new CommandText(
                "It starts the goqueue-server that is beside goqueue (or the one in GOQUEUE_SERVER_EXE), says where it listens, and ends with it. "
                + "The exit code is the server's. The first Ctrl-C lets the server finish in good order, the second cuts that short. "
                + "With -o json the ready line is printed instead of the greeting. With --nodes the servers n1, n2, ... form a cluster, each with a folder of its own "
                + "in the data folder and the ports that follow the named ones; they stop one after the other, and when one ends all do.",
                ("goqueue dev", "a broker on the usual ports, data in ./goqueue-data"),
                ("goqueue dev --nodes 3", "a cluster of three; kill one and see what happens"),
                ("goqueue dev --ephemeral --http-port 0 --grpc-port 0 --metrics-port 0 -o json", "a throw-away broker on free ports, for a test script"),
                ("goqueue dev --logs --verbose", "with its log, in detail"),
                ("goqueue dev --logs -- --config broker.yaml", "with its log, and a further argument for the server")),
            dev.RunAsync);
    }

    private async Task<ExitCode> RunAsync(Session session)
    {
        session.Exclusive(data, ephemeral);
        if (!IPAddress.TryParse(session.Get(bind) ?? "127.0.0.1", out IPAddress? address))
        {
            throw CommandFailure.Usage($"'{session.Get(bind)}' is not an IP address", "use --bind 127.0.0.1 for this machine only or --bind 0.0.0.0 for all networks");
        }

        ServerExecutable executable = ServerExecutable.Find(session.Environment.BaseDirectory, session.Environment.Variable);
        bool temporary = session.Get(ephemeral);
        string folder = temporary ? Directory.CreateTempSubdirectory("goqueue-dev-").FullName : Path.GetFullPath(session.Get(data) ?? "goqueue-data");
        try
        {
            PortChoice ports = new(address);
            int count = (int)(session.Get(nodes) ?? 1);
            if (count > 1)
            {
                return await RunClusterAsync(session, executable, address, ports, folder, count, temporary);
            }

            DevNodePlan plan = Plan("node-1", folder, 0, ports, session) with { PeerPort = 0 };
            SayNotes(session, ports);
            using DevServer server = await StartAsync(session, executable, Arguments(plan, address, session), session.Get(logs) ? session.Notices.Say : null);
            return await FollowAsync(session, server, folder, temporary);
        }
        finally
        {
            if (temporary)
            {
                DeleteQuietly(folder);
            }
        }
    }

    private async Task<ExitCode> RunClusterAsync(Session session, ServerExecutable executable, IPAddress address, PortChoice ports, string folder, int count, bool temporary)
    {
        // Others must know the peer port before the server is there, so it is chosen here.
        bool isAnyPort = session.Get(httpPort) == 0;
        List<DevNodePlan> plans = [];
        for (int i = 0; i < count; i++)
        {
            string id = $"n{i + 1}";
            plans.Add(Plan(id, Path.Combine(folder, id), i, ports, session) with { PeerPort = ports.ChooseKnown("peers", isAnyPort ? 0 : UsualPeerPort + i) });
        }

        SayNotes(session, ports);
        IPAddress reached = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        string peers = string.Join(',', plans.Select(plan => $"{plan.Id}={new IPEndPoint(reached, plan.PeerPort)}"));
        using DevCluster cluster = await DevCluster.StartAsync(plans, plan =>
        {
            Directory.CreateDirectory(plan.Folder);
            string[] membership = ["--node-id", plan.Id, "--peers", peers];
            Action<string>? log = session.Get(logs) ? line => session.Notices.Say($"{plan.Id} {line}") : null;
            return StartAsync(session, executable, [.. membership, .. Arguments(plan, address, session)], log);
        });
        return await FollowAsync(session, cluster, folder, temporary);
    }

    private async Task<ExitCode> FollowAsync(Session session, DevCluster cluster, string folder, bool temporary)
    {
        Task asked = Task.Delay(Timeout.InfiniteTimeSpan, session.Environment.Time, session.Cancel);
        Task first = await Task.WhenAny(cluster.Ready, cluster.FirstEnd, asked, Task.Delay(PatienceBeforeNote, session.Environment.Time));
        if (first != cluster.FirstEnd && !cluster.Ready.IsCompleted && !asked.IsCompleted)
        {
            session.Notices.Say("the cluster is still starting; after a crash each server checks its log first" + (session.Get(logs) ? string.Empty : " (--logs shows more)"));
            await Task.WhenAny(cluster.Ready, cluster.FirstEnd, asked);
        }

        if (cluster.Ready.IsCompletedSuccessfully)
        {
            session.Streams.WriteText(ClusterWelcome.Text(cluster.Nodes, await cluster.Ready, folder, temporary, session.Format == OutputFormat.Table));
            session.Streams.Output.Flush();
            await Task.WhenAny(cluster.FirstEnd, asked);
        }

        if (!session.Interruption.Happened)
        {
            DevNode gone = cluster.Nodes.First(node => node.Server.Ended.IsCompleted);
            session.Notices.Say($"node {gone.Plan.Id} is gone; the others are stopped");
            Explain(session, gone.Server, await gone.Server.Ended, started: gone.Server.Ready.IsCompleted);
            await cluster.StopAsync(session.Interruption);
            return await gone.Server.Ended is not 0 and int code ? (ExitCode)code : ExitCode.Refused;
        }

        ExitCode end = await cluster.StopAsync(session.Interruption);
        session.Notices.Say(temporary ? "stopped; the data is deleted" : $"stopped; the data stays in {folder}");
        return end;
    }

    private static Task<DevServer> StartAsync(Session session, ServerExecutable executable, IEnumerable<string> arguments, Action<string>? log)
    {
        ProcessStartInfo start = executable.Start(arguments);
        if (session.Verbose)
        {
            start.Environment.TryAdd("GOQUEUE_LOG_LEVEL", "debug"); // below what the server's own arguments say
        }

        return DevServer.StartAsync(start, log);
    }

    /// <summary>Its ports are the named or usual ones plus its place.</summary>
    private DevNodePlan Plan(string id, string folder, int place, PortChoice ports, Session session)
    {
        return new DevNodePlan(
            id,
            folder,
            Choose(httpPort, "HTTP", UsualHttpPort),
            Choose(grpcPort, "gRPC", Values.ServerAddress.DefaultPort),
            Choose(metricsPort, "metrics", UsualMetricsPort),
            PeerPort: 0);

        int Choose(Option<long?> option, string listener, int usual)
        {
            int? asked = (int?)session.Get(option);
            return ports.Choose(option.Name, listener, asked is null or 0 ? asked : asked + place, usual + place);
        }
    }

    private IEnumerable<string> Arguments(DevNodePlan plan, IPAddress address, Session session) =>
    [
        "--data", plan.Folder, "--bind", address.ToString(),
        "--http-port", Port(plan.HttpPort), "--grpc-port", Port(plan.GrpcPort), "--metrics-port", Port(plan.MetricsPort), "--peer-port", Port(plan.PeerPort),
        .. session.Get(serverArguments),
    ];

    private static void SayNotes(Session session, PortChoice ports)
    {
        foreach (string note in ports.Notes)
        {
            session.Notices.Say(note);
        }
    }

    private async Task<ExitCode> FollowAsync(Session session, DevServer server, string folder, bool temporary)
    {
        // The server drains at the first signal and leaves at the second; whoever asks a third time wants it gone.
        int impatience = 0;
        session.Interruption.OnSecond = () => (Interlocked.Increment(ref impatience) == 1 ? server.Terminate : (Action)server.Kill)();
        using CancellationTokenRegistration forward = session.Cancel.Register(server.Terminate);
        Task first = await Task.WhenAny(server.Ready, server.Ended, Task.Delay(PatienceBeforeNote));
        if (first != server.Ready && first != server.Ended)
        {
            session.Notices.Say("the server is still starting; after a crash it checks its log first" + (session.Get(logs) ? string.Empty : " (--logs shows more)"));
            await Task.WhenAny(server.Ready, server.Ended);
        }

        // All output is read when it has ended, so a server that was ready for a moment only is announced, too.
        if (server.Ready.IsCompleted)
        {
            Announce(session, await server.Ready, folder, temporary, server.ProcessId);
        }

        int code = await server.Ended;
        bool asked = session.Interruption.Happened;
        if (code != 0 && !(asked && session.Get(logs)))
        {
            Explain(session, server, code, started: server.Ready.IsCompleted);
        }
        else if (asked)
        {
            session.Notices.Say(temporary ? "stopped; the data is deleted" : $"stopped; the data stays in {folder}");
        }

        return (ExitCode)code;
    }

    private static void Announce(Session session, ReadyLine ready, string folder, bool temporary, int processId)
    {
        session.Streams.WriteText(session.Format == OutputFormat.Table ? Welcome.Text(ready, folder, temporary, processId) : ready.Text + "\n");
        session.Streams.Output.Flush();
    }

    private void Explain(Session session, DevServer server, int code, bool started)
    {
        if (!session.Get(logs))
        {
            foreach (string line in server.LastLines)
            {
                session.Notices.Say(line);
            }
        }

        session.Notices.Say($"goqueue: the server {(started ? "ended" : "did not start")} (exit code {code})");
        session.Notices.Say($"  next: read the lines above{(session.Get(logs) ? string.Empty : ", run again with --logs for all of them")}");
    }

    private static string Port(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static void DeleteQuietly(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is in the temporary folder, which the system empties.
        }
    }
}
