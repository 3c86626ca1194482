using GoQueue.Core;

namespace GoQueue.Replication.Tests.Randomised;

/// <summary>
/// Three to five production replicas of one partition, a controller, a network that loses, delays and repeats, crashes that lose un-flushed tails, wiped
/// disks, pauses and moved leaderships, all drawn from one seed. After every step the invariants a to d of semantics section 1 are checked.
/// </summary>
internal sealed partial class ReplicationModel
{
    private const int BatchLimit = 4;

    private readonly Random random;
    private readonly ReplicaOptions options;
    private readonly ModelController controller;
    private readonly ModelNode[] nodes;
    private readonly List<Action> inFlight = [];
    private readonly Dictionary<int, int> acknowledged = []; // offset -> value
    private readonly Dictionary<int, int> read = []; // offset -> value
    private readonly HashSet<string> wipedUnseen = new(StringComparer.Ordinal);
    private readonly bool isUnclean;
    private TimeSpan now = TimeSpan.FromHours(1);
    private int nextValue;
    private bool isFaulty = true;

    public ReplicationModel(int seed, DeliberateBugs bugs = DeliberateBugs.None, bool isUnclean = false)
    {
        random = new Random(seed);
        this.isUnclean = isUnclean;
        options = new ReplicaOptions { Bugs = bugs, MaxLag = TimeSpan.FromSeconds(2), MaxLagRecords = random.Next(3) == 0 ? 20 : null };
        int count = random.Next(4) == 0 ? 5 : 3;
        NodeId[] ids = [.. Enumerable.Range(1, count).Select(index => new NodeId($"n{index}"))];
        controller = new ModelController(ids, minInSync: 2, isUnclean);
        nodes = [.. ids.Select(id => new ModelNode(id, options) { BrokerEpoch = controller.EpochOf(id) })];
        foreach (ModelNode node in nodes)
        {
            node.Restart();
            node.Take(controller.View, now);
        }
    }

    public int Acknowledged => acknowledged.Count;

    public int UncleanElections => controller.UncleanElections;

    public int Truncations { get; private set; }

    public int Alarms { get; private set; }

    public void Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(40));
            Step();
            Check();
        }
    }

    /// <summary>Faults end: everything becomes one log, and a new record gets through.</summary>
    public void Heal()
    {
        isFaulty = false;
        foreach (ModelNode node in nodes)
        {
            if (node.IsUp)
            {
                controller.Unfence(node.Id);
            }
            else
            {
                Start(node);
            }
        }

        int before = nextValue;
        for (int round = 0; round < 400; round++)
        {
            now += TimeSpan.FromMilliseconds(50);
            foreach (ModelNode node in nodes)
            {
                node.Take(controller.View, now);
                Flush(node);
                Fetch(node);
                Tick(node);
            }

            while (inFlight.Count > 0)
            {
                Action next = inFlight[0];
                inFlight.RemoveAt(0);
                next();
            }

            if (round > 200 && round % 20 == 0 && Leader() is { } leader)
            {
                Publish(leader);
            }

            Check();
        }

        Assert.True(Leader() is not null, "a partition with all replicas up has a leader");
        ModelNode lead = Leader()!;
        Assert.True(nextValue > before, "a healed partition takes records");
        Assert.Equal(nodes.Length, lead.Replica.InSyncReplicas);
        foreach (ModelNode node in nodes)
        {
            Assert.Equal(lead.Log.Slice(0, lead.Log.End), node.Log.Slice(0, node.Log.End));
        }

        Assert.Equal(new Offset(lead.Log.End), lead.Replica.HighWatermark);
        Assert.True(lead.Replica.KnowsStart, "a leader that everybody follows knows where the partition begins");
        Assert.Equal(lead.Replica.PromisedStart, lead.Replica.LogStart);
    }

    private ModelNode? Leader() => nodes.FirstOrDefault(node => node.IsUp && node.Replica.Role == ReplicaRole.Leader && controller.View.Leader == node.Id && node.Replica.Epoch == controller.View.LeaderEpoch);

    private void Step()
    {
        ModelNode node = nodes[random.Next(nodes.Length)];
        switch (random.Next(1000))
        {
            case < 140:
                Publish(node);
                break;
            case < 150:
                Promise(node);
                break;
            case < 400:
                Fetch(node);
                break;
            case < 700 when inFlight.Count > 0:
                Deliver();
                break;
            case < 800:
                Flush(node);
                break;
            case < 890:
                if (node.IsUp)
                {
                    node.Take(controller.View, now);
                }

                break;
            case < 930:
                Tick(node);
                break;
            case < 945:
                Read(node);
                break;
            case < 950:
                Crash(node);
                break;
            case < 980:
                if (!node.IsUp)
                {
                    Start(node);
                }

                break;
            case < 985:
                controller.Prefer(node.Id);
                break;
            case < 990:
                now += TimeSpan.FromMilliseconds(random.Next(3000)); // a pause of everybody: followers look slow
                break;
            case < 993:
                controller.Fence(node.Id); // a false suspicion
                break;
            case < 997:
                if (node.IsUp)
                {
                    controller.Unfence(node.Id);
                }

                break;
        }
    }

    /// <summary>Retention, with a clock of its own on every node.</summary>
    private void Promise(ModelNode node)
    {
        long most = node.Replica.HighWatermark - node.Replica.PromisedStart;
        if (node.IsUp && node.Replica.Role == ReplicaRole.Leader && most > 0)
        {
            node.Promise(node.Replica.PromisedStart + random.NextInt64(1, most + 1));
        }
    }

    private void Publish(ModelNode node)
    {
        if (!node.IsUp || node.Replica.Role != ReplicaRole.Leader || !node.Replica.HasEnoughInSync)
        {
            return; // refused: NotLeader or NotEnoughReplicas (R10)
        }

        int count = random.Next(1, 4);
        for (int index = 0; index < count; index++)
        {
            node.Log.Append(node.Replica.Epoch.Value, ++nextValue);
            node.Awaiting.Add((node.Log.End, nextValue));
        }

        node.Replica.LogAppended(new Offset(node.Log.End));
        if (options.Has(DeliberateBugs.AckBeforeFlush))
        {
            node.Replica.LogBecameDurable(new Offset(node.Log.End), now);
        }
    }

    private void Flush(ModelNode node)
    {
        if (node.IsUp)
        {
            node.Flush(now);
        }
    }

    /// <summary>Faults: a message is lost or comes twice; the order is that of <see cref="Deliver"/>.</summary>
    private bool Send(Action message)
    {
        if (isFaulty && random.Next(10) == 0)
        {
            return false;
        }

        inFlight.Add(message);
        if (isFaulty && random.Next(20) == 0)
        {
            inFlight.Add(message);
        }

        return true;
    }

    private void Deliver()
    {
        int index = random.Next(inFlight.Count);
        Action message = inFlight[index];
        inFlight.RemoveAt(index);
        message();
    }

    private void Fetch(ModelNode node)
    {
        if (!node.IsUp || node.Replica.Role != ReplicaRole.Follower || node.Replica.LogEnd != node.Replica.DurableEnd)
        {
            return;
        }

        PartitionReplica asking = node.Replica;
        FetchPosition position = node.Replica.NextFetch(Offset.Zero, node.Log);
        NodeId leader = node.Replica.View.Leader!.Value;
        BrokerEpoch brokerEpoch = node.BrokerEpoch;
        Send(() => Serve(nodes.Single(other => other.Id == leader), node, asking, brokerEpoch, position));
    }

    private void Serve(ModelNode leader, ModelNode follower, PartitionReplica asking, BrokerEpoch brokerEpoch, FetchPosition position)
    {
        if (!leader.IsUp)
        {
            return;
        }

        FetchVerdict verdict = leader.Replica.Fetched(follower.Id, brokerEpoch, position, Offset.Zero, leader.Log, now);
        int from = (int)position.FetchOffset.Value;
        List<(int Epoch, int Value)> data = verdict.IsServed ? leader.Log.Slice(from, BatchLimit) : [];
        FetchAnswer answer = new(position.LeaderEpoch, position.Round, verdict.Error, verdict.Diverging, leader.Replica.HighWatermark, Offset.Zero)
        {
            PromisedStart = leader.Replica.PromisedStart,
            LogStart = leader.Replica.LogStart,
        };
        Send(() => Answer(follower, asking, answer, data));
    }

    private void Answer(ModelNode follower, PartitionReplica asking, FetchAnswer answer, List<(int Epoch, int Value)> data)
    {
        if (!follower.IsUp || !ReferenceEquals(follower.Replica, asking))
        {
            return; // a connection of an earlier life
        }

        FollowerStep step = follower.Replica.Answered(answer, Offset.Zero, follower.Log);
        if (step.Move == FollowerMove.Truncate)
        {
            Truncations++;
            Alarms += step.IsBelowHighWatermark ? 1 : 0;
            Assert.True(isUnclean || !step.IsBelowHighWatermark || options.Bugs != DeliberateBugs.None, $"{follower.Id} cuts below its high watermark without an unclean election");
            follower.Log.TruncateTo((int)step.TruncateTo.Value);
            follower.WasCut();
        }
        else if (step.Move == FollowerMove.Append)
        {
            foreach ((int epoch, int value) in data)
            {
                follower.Log.Append(epoch, value);
            }

            follower.Replica.LogAppended(new Offset(follower.Log.End));
            if (data.Count == 0)
            {
                follower.Replica.AdvanceAsFollower();
                follower.KeepPromise();
            }
            else if (options.Has(DeliberateBugs.AckBeforeFlush))
            {
                follower.Replica.LogBecameDurable(new Offset(follower.Log.End), now);
            }
        }
    }

    private void Tick(ModelNode node)
    {
        if (!node.IsUp)
        {
            return;
        }

        node.Replica.Tick(now);
        if (node.Replica.TakeProposal() is not { } proposal)
        {
            return;
        }

        // The proposal or its answer may be lost: then the leader hears nothing but "unknown", in its own time.
        PartitionReplica asking = node.Replica;
        bool isSent = Send(() =>
        {
            ProposalOutcome outcome = controller.Alter(proposal);
            if (isFaulty && random.Next(5) == 0)
            {
                outcome = ProposalOutcome.Unknown;
            }

            if (node.IsUp && ReferenceEquals(node.Replica, asking))
            {
                node.Replica.ProposalEnded(proposal, outcome, now);
            }
        });
        if (!isSent || (isFaulty && random.Next(10) == 0))
        {
            node.Replica.ProposalEnded(proposal, ProposalOutcome.Unknown, now);
        }
    }

    /// <summary>One disk at most is wiped at a time, and only while the others of the in-sync set hold what is committed: a single fault.</summary>
    private void Crash(ModelNode node)
    {
        if (!node.IsUp)
        {
            return;
        }

        node.IsUp = false;
        bool mayWipe = random.Next(4) == 0 && wipedUnseen.Count == 0 && nodes.Count(other => other != node && controller.InSync.Contains(other.Id)) >= 2;
        if (mayWipe)
        {
            node.Wipe();
            wipedUnseen.Add(node.Id.Value);
        }
        else
        {
            node.Log.Crash(random);
        }

        if (random.Next(2) == 0)
        {
            controller.Fence(node.Id);
        }
    }

    private void Start(ModelNode node)
    {
        node.IsUp = true;
        node.Restart();
        bool isWiped = wipedUnseen.Remove(node.Id.Value);
        node.BrokerEpoch = controller.Register(node.Id, isWiped);
        controller.Unfence(node.Id);
    }

    private void Read(ModelNode node)
    {
        if (!node.IsUp || node.Replica.Role != ReplicaRole.Leader)
        {
            return;
        }

        for (int offset = 0; offset < node.Replica.ReadableEnd.Value; offset++)
        {
            Remember(read, offset, node.Log[offset].Value, "d: a record that was read changed");
        }
    }
}
