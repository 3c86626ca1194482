using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Tests.Cluster;

/// <summary>A metadata state with brokers, and the controller's decisions applied to it at once.</summary>
internal sealed class TestCluster
{
    private readonly SortedSet<NodeId> gone = [];
    private long position;

    public MetadataState State { get; } = new();

    public MetadataImage Image => State.Image;

    public ClusterView View => new(Image, broker => gone.Contains(broker.Node));

    /// <summary>Brokers a, b, c, ... registered and unfenced; racks by name when given.</summary>
    public static TestCluster Of(int brokers, params string?[] racks)
    {
        TestCluster cluster = new();
        for (int i = 0; i < brokers; i++)
        {
            cluster.Start(Node(i), racks.Length > i ? racks[i] : null);
        }

        return cluster;
    }

    public static NodeId Node(int index) => new($"{(char)('a' + (index / 26 % 26))}{(char)('a' + (index % 26))}");

    public static NodeList Nodes(params int[] indexes) => NodeList.From(indexes.Select(Node));

    public MetadataOutcome Apply(MetadataCommand command) => State.Apply(command, position++);

    public T Apply<T>(MetadataCommand command)
        where T : MetadataOutcome
    {
        MetadataOutcome outcome = Apply(command);
        Assert.True(outcome is T, $"{command} gave {outcome.Error}");
        return (T)outcome;
    }

    public void AssertRefused(ErrorCode expected, MetadataCommand command)
    {
        uint before = State.Digest;
        Assert.Equal(expected, Apply(command).Error?.Code);
        Assert.Equal(before, State.Digest);
    }

    public BrokerImage Register(NodeId node, BrokerEpoch previous = default, int disk = 1, string? rack = null)
    {
        gone.Remove(node);
        RegisterBrokerCommand command = new(node, new Guid(disk, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), Sample.Endpoints(node.Value, 7000), rack, previous);
        return Apply<MetadataOutcome.BrokerRegistered>(command).Broker;
    }

    public void Start(NodeId node, string? rack = null) => Unfence(Register(node, rack: rack));

    public void Unfence(BrokerImage broker) => Apply<MetadataOutcome.BrokerAltered>(new AlterBrokerCommand(broker.Node, broker.Epoch, BrokerChange.Unfence));

    public BrokerImage Broker(int index) => Image.TryGetBroker(Node(index), out BrokerImage? broker) ? broker : throw new ArgumentException("no such broker");

    public BrokerEpoch Epoch(int index) => Broker(index).Epoch;

    /// <summary>The broker dies: fenced, and what it led and was in sync with is settled.</summary>
    public void Die(int index)
    {
        gone.Add(Node(index));
        Apply<MetadataOutcome.BrokerAltered>(new AlterBrokerCommand(Node(index), Epoch(index), BrokerChange.Fence));
        Settle();
    }

    /// <summary>The broker comes back after a SIGKILL or the loss of power.</summary>
    public void ComeBack(int index, int disk = 1, bool isClean = false)
    {
        Unfence(Register(Node(index), isClean ? Epoch(index) : BrokerEpoch.None, disk));
        Settle();
    }

    /// <summary>Everything that the controller would do, until nothing is left to do.</summary>
    public int Settle()
    {
        int total = 0;
        for (int round = 0; round < 10; round++)
        {
            List<PartitionChange> changes = ControllerPolicy.Partitions(Image.Topics.Select(topic => topic.Id), View);
            if (changes.Count == 0)
            {
                return total;
            }

            foreach (AlterPartitionsCommand command in ControllerPolicy.Batches(changes))
            {
                MetadataOutcome.PartitionsAltered altered = Apply<MetadataOutcome.PartitionsAltered>(command);
                Assert.Empty(altered.Refusals);
                total += altered.Applied;
            }
        }

        throw new InvalidOperationException("the controller does not come to rest");
    }

    /// <summary>A topic of one partition on these brokers, all of them in sync, the first leading.</summary>
    public void Create(int topic, NodeList replicas, int minInSync, TopicFlushMode flushMode = TopicFlushMode.Flush, bool unclean = false, int partitions = 1)
    {
        TopicSettings settings = TopicSettings.Default with
        {
            ReplicationFactor = replicas.Count,
            MinInSyncReplicas = minInSync,
            FlushMode = flushMode,
            UncleanLeaderElection = unclean,
        };
        NodeList[] all = [.. Enumerable.Repeat(replicas, partitions)];
        Apply<MetadataOutcome.TopicCreated>(new CreateTopicCommand(Sample.Id(topic), $"topic-{topic:D5}", settings, PartitionLayout.Equal(all), Sample.Created));
    }

    public TopicImage Topic(int topic = 1) => Image.TryGetTopic(Sample.Id(topic), out TopicImage? found) ? found : throw new ArgumentException("no such topic");

    public PartitionImage Partition(int topic = 1, int index = 0) => Topic(topic).Partitions[index];

    /// <summary>The leader of the partition proposes an ISR, with the epochs of now.</summary>
    public MetadataOutcome ProposeInSync(NodeList members, int topic = 1, int index = 0)
    {
        PartitionImage partition = Partition(topic, index);
        return Apply(new AlterInSyncCommand(
            new TopicPartition(Sample.Id(topic), new PartitionIndex(index)),
            partition.Leader ?? members[0],
            partition.LeaderEpoch,
            partition.PartitionEpoch,
            [.. members.Select(node => new InSyncMember(node, Image.TryGetBroker(node, out BrokerImage? broker) ? broker.Epoch : new BrokerEpoch(1)))]));
    }

    public PartitionChange Change(NodeId? leader, NodeList inSync, ElectionKind election = ElectionKind.Clean, int topic = 1, int index = 0) => new()
    {
        Partition = new TopicPartition(Sample.Id(topic), new PartitionIndex(index)),
        Expected = Partition(topic, index).PartitionEpoch,
        Leader = leader,
        InSync = inSync,
        Election = election,
    };

    public Error? Decide(PartitionChange change)
    {
        MetadataOutcome.PartitionsAltered altered = Apply<MetadataOutcome.PartitionsAltered>(new AlterPartitionsCommand([change]));
        return altered.Refusals is [PartitionRefusal refusal, ..] ? refusal.Reason : null;
    }
}
