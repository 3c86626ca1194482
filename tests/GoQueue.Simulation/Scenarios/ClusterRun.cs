using GoQueue.Broker.Controller;
using GoQueue.Broker.Replication;
using GoQueue.Broker.Requests;
using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.History.Checking;
using GoQueue.Metadata;
using GoQueue.Metadata.Quorum;
using GoQueue.PlantedFaults;
using GoQueue.Replication;
using GoQueue.Simulation.Clients;
using GoQueue.Simulation.Faults;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.Invariants;
using GoQueue.Simulation.Network;
using GoQueue.Simulation.Running;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Scenarios;

/// <summary>Whole brokers, one or several: boots them, lets clients work under faults, heals, and holds everything against what was promised.</summary>
internal sealed class ClusterRun
{
    private readonly SimulationLoop loop;
    private readonly SimulatedNetwork network;
    private readonly List<SimulatedHost> hosts = [];
    private readonly ClientWorld world;
    private readonly SeededStream shape;
    private readonly FaultMix mix;
    private readonly Nemesis nemesis;
    private readonly List<SimulatedClient> clients = [];
    private readonly ReplicaChecker checker;
    private readonly MetadataObserver observer;
    private readonly bool hasCleaning;
    private MetadataImage newest = MetadataImage.Empty;

    /// <param name="change">What the scenario wants of the mix of faults.</param>
    public ClusterRun(SimulationLoop loop, int nodes, RunOptions options, Func<FaultMix, FaultMix> change)
    {
        this.loop = loop;
        network = new SimulatedNetwork(loop, new NetworkOptions(), nodes);
        shape = new SeededStream(loop.Seed, "shape");
        mix = FaultMix.Draw(shape).WithBrokerFaults(new SeededStream(loop.Seed, "broker-faults"));
        mix = nodes == 1 ? mix with { Majority = true, WipedDisk = false, Administration = false } : mix;
        mix = change(mix);
        hasCleaning = new SeededStream(loop.Seed, "cleaning").Below(3) == 0;
        ClusterShape? cluster = null;
        for (int i = 0; i < nodes; i++)
        {
            hosts.Add(new SimulatedHost(loop, network, i, new NodeId($"n{i}"), launch => new ClusterBroker(launch, cluster!)) { Neighbours = hosts });
        }

        hasCleaning &= !options.IsJudgedByHistoryAlone; // whether retention might take a record is known from inside only
        cluster = Shape(options);
        checker = new ReplicaChecker(loop, hosts);
        world = new ClientWorld(loop, hosts)
        {
            CommittedEnd = options.IsJudgedByHistoryAlone ? static _ => new Offset(long.MaxValue) : checker.CommittedEnd,
            CommittedOf = checker.CommittedOf,
            StartOf = options.IsJudgedByHistoryAlone ? static _ => new Offset(long.MaxValue) : checker.StartOf, // by the history alone a broker is believed where it begins
            NewestImage = options.IsJudgedByHistoryAlone ? NewestKnown : () => checker.Newest,
            HasCleaning = hasCleaning,
            IsJudging = !options.IsJudgedByHistoryAlone,
        };
        world.Network.Use(mix);
        observer = new MetadataObserver(loop, hosts, world.History);
        loop.AfterStep = _ => observer.AfterStep();
        if (!options.IsJudgedByHistoryAlone)
        {
            loop.AfterStep += checker.AfterStep;
            loop.Dying = checker.Dying;
        }

        hosts.ForEach(host => host.Wiped = checker.Wiped);
        nemesis = new Nemesis(loop, network, hosts, mix) { DiskLoss = new DiskLoss(hosts, () => checker.Newest) };
        loop.Died = nemesis.Died;
        loop.Describe = Describe;
        world.IsLosingDisk = () => nemesis.DiskLoss is { IsUnderWay: true };
        world.Isolate = mix.CutBothWays ? nemesis.Isolate : null;
        int topics = 1 + shape.Below(3);
        clients.Add(new AdminClient(world, 0, topics, nodes));
        int workers = 1 + shape.Below(3);
        for (int i = 0; i < workers; i++)
        {
            bool isIdempotent = shape.Below(4) > 0;
            clients.Add(new ProducerClient(world, clients.Count, isIdempotent, isIdempotent ? Acks.All : (Acks)shape.Below(3)));
            clients.Add(new ConsumerClient(world, clients.Count));
        }

        if (mix.Administration)
        {
            clients.Add(new OperatorClient(world, clients.Count));
        }

        if (mix.Administration && nodes > 3 && new SeededStream(loop.Seed, "membership").Coin())
        {
            clients.Add(new MembershipClient(world, clients.Count, hosts) { Removed = checker.Removed, IsHealthy = () => nemesis.DiskLoss is { IsUnderWay: false } loss && loss.IsWhole() });
        }
    }

    /// <summary>Runs the whole of it; what it did, in a few words.</summary>
    public string Run(RunOptions options)
    {
        try
        {
            Work(options);
        }
        catch (SimulationFailure failure) when (options.IsJudgedByHistoryAlone)
        {
            if (failure.Rule == "L15")
            {
                world.History.NotWell(failure.Detail);
            }

            if (failure.Rule == "M6")
            {
                observer.LookAtTheEnd(); // its clients saw it at the end, and the history shall show it too
            }

            Judge(); // as far as it goes; what it does not show remains the failure that it was
            throw;
        }

        Judge();
        int removals = clients.OfType<MembershipClient>().Sum(client => client.Removals);
        return $"{hosts.Count} nodes,{(removals > 0 ? $" {removals} removed and replaced," : "")}{(hasCleaning ? " logs are cleaned," : "")} {world.Operations} operations, {world.Histories.Sum(history => history.Acknowledged)} acknowledged, "
            + $"{world.Histories.Sum(history => history.Read)} read, {hosts.Sum(host => host.Boots)} boots; {mix}";
    }

    private void Work(RunOptions options)
    {
        hosts.ForEach(static host => host.Boot());
        clients.ForEach(static client => client.Start());
        nemesis.Begin();
        loop.Run(long.MaxValue, options.Steps);

        nemesis.Heal();
        world.Network.Use(null);
        Liveness.Await(loop, world, clients, TimeSpan.FromSeconds(60));
        checker.CheckKeys();
        observer.LookAtTheEnd();
    }

    /// <summary>By what its clients saw, with the checker that judges real clusters.</summary>
    private void Judge()
    {
        Verdict verdict = world.History.Judge();
        Anomaly? worst = verdict.Errors.FirstOrDefault();
        SimulationFailure.Unless(worst is null, $"{worst?.Definition.Id}", $"the history of the clients shows it: {verdict}; {worst?.Evidence[0]}");
        SimulationFailure.Unless(verdict.Reasons.Count == 0 || world.History.Asked == 0, "harness", $"the history is none: {verdict.Reasons[0]}");
    }

    /// <summary>The newest image that a node has had whenever this was asked.</summary>
    private MetadataImage NewestKnown()
    {
        foreach (SimulatedHost host in hosts)
        {
            if (host.Program is ClusterBroker { Image: { } image } && image.Version > newest.Version)
            {
                newest = image;
            }
        }

        return newest;
    }

    private string Describe() => mix + Environment.NewLine + string.Join(Environment.NewLine, hosts.Select(host => "  " + (host.Program is ClusterBroker program ? Describe(host, program) : $"{host.Node} is down")));

    private static string Describe(SimulatedHost host, ClusterBroker program)
    {
        if (program is not { Image: { } image, Quorum: { } quorum, Broker: { } broker })
        {
            return $"{host.Node} is starting";
        }

        return $"{host.Node} image {image.Version} {quorum.Status} [{string.Join("; ", quorum.Status.Members)}] "
            + $"brokers [{string.Join(' ', image.Brokers.Select(known => $"{known.Node}#{known.Epoch}{(known.IsFenced ? " fenced" : "")}"))}]"
            + string.Concat(image.Topics.SelectMany(topic => topic.Partitions.Select(partition =>
                $"{Environment.NewLine}      {topic.Id}-{partition.Index} led by {partition.Leader} e{partition.LeaderEpoch} p{partition.PartitionEpoch} isr {partition.InSync} elr {partition.EligibleLeaders} of {partition.Replicas}")))
            + string.Concat(broker.Replicas.Select(loop =>
                $"{Environment.NewLine}      {loop.Partition} {loop.Replica.Role} e{loop.Replica.Epoch} {loop.FirstKept}..{loop.EndOffset} promises {loop.Replica.PromisedStart} starts at {loop.LogStart}{(loop.Replica.KnowsStart ? "" : "?")} durable {loop.Replica.DurableEnd} hw {loop.HighWatermark}{(loop.HasFailed ? " FAILED" : "")}{(loop.Replica.PendingProposal is { } pending ? $" wants {string.Join(',', pending.InSync.Select(member => member.Node))} on p{pending.PartitionEpoch} asked {!loop.Replica.HasProposal}" : "")} {loop.Refusal}"));
    }

    private ClusterShape Shape(RunOptions options)
    {
        QuorumMember[] members = [.. hosts.Select(host => new QuorumMember(host.Node, host.Incarnation, "sim", host.Index + 1))];
        RaftFaults raftBug = Enum.TryParse(options.Bug, ignoreCase: true, out RaftFaults knownFault) ? knownFault : RaftFaults.None;
        DeliberateBugs bug = Enum.TryParse(options.Bug, ignoreCase: true, out DeliberateBugs knownBug) ? knownBug : DeliberateBugs.None;
        return new ClusterShape
        {
            Fault = Enum.TryParse(options.Bug, ignoreCase: true, out PlantedFault knownLie) ? knownLie : PlantedFault.None,
            MetadataFault = Enum.TryParse(options.Bug, ignoreCase: true, out MetadataFault metadataFault) ? metadataFault : MetadataFault.None,
            Genesis = new Genesis("simulated", [.. members.Take(Genesis.MaxVoters)], [.. members.Skip(Genesis.MaxVoters)]),
            Raft = new RaftOptions { SnapshotEveryEntries = 5 + shape.Below(200), Faults = raftBug },
            Controller = new ControllerOptions { PreferredLeaderInterval = shape.Below(4) == 0 ? TimeSpan.FromMilliseconds(400) : TimeSpan.FromMinutes(1) },
            Replication = new ReplicationOptions { Replica = new ReplicaOptions { Bugs = bug, MaxLag = TimeSpan.FromMilliseconds(200 << shape.Below(6)) } },
            MaxSegmentBytes = shape.Below(2) == 0 ? 2048 << shape.Below(4) : hasCleaning ? 8192 : 1 << 30,
            MaintenanceInterval = hasCleaning ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromSeconds(2),
        };
    }
}
