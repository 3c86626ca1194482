using System.Buffers;
using GoQueue.Core;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Metadata.Tests;

internal static class Sample
{
    public static readonly NodeId Node = new("node-1");
    public static readonly UnixMillis Created = new(1_700_000_000_000);

    public static TopicId Id(int number) => new(new Guid(number, 0x1111, 0x2222, 1, 2, 3, 4, 5, 6, 7, 8));

    public static CreateTopicCommand Create(int number, string? name = null, int partitions = 3) =>
        new(Id(number), name ?? $"topic-{number:D5}", TopicSettings.Default, PartitionLayout.Equal(partitions, Node), Created);

    public static PartitionImage Partition(int index, uint first, uint last, string leader = "node-1", int epoch = 0) =>
        PartitionImage.New(new PartitionIndex(index), new HashRange(first, last), NodeList.Of(new NodeId(leader))) with { LeaderEpoch = new LeaderEpoch(epoch) };

    /// <summary>One command of each type, with values that show byte order and every field.</summary>
    public static IReadOnlyList<MetadataCommand> EveryCommand { get; } =
    [
        new FormClusterCommand("cluster-A"),
        new AllocateProducerIdsCommand(1000),
        new CreateTopicCommand(
            Id(0x01020304),
            "orders.v1",
            TopicSettings.Default with { CleanupPolicy = CleanupPolicy.Compact, FlushMode = TopicFlushMode.Interval },
            [Partition(0, 0, 99, "n2"), Partition(1, 4000, uint.MaxValue, "n1", 7), Partition(2, 100, 3999, "n2", 1)],
            Created),
        new AlterTopicCommand(Id(0x01020304), TopicSettings.Default with { RetentionMillis = -1, RetentionBytes = 1 << 30 }, 3),
        new DeleteTopicCommand(Id(9)),
        new RegisterBrokerCommand(new NodeId("n1"), new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), Endpoints("one.example", 7000), "rack-a", new BrokerEpoch(17)),
        new AlterBrokerCommand(new NodeId("n1"), new BrokerEpoch(6), BrokerChange.Unfence),
        new UnregisterBrokerCommand(new NodeId("n2"), new BrokerEpoch(4)),
        new AlterPartitionsCommand(
        [
            new PartitionChange { Partition = new(Id(1), new(0)), Expected = new(7), Leader = null, InSync = NodeList.Of(new("n1"), new("n2")) },
            new PartitionChange
            {
                Partition = new(Id(1), new(5)),
                Expected = new(1),
                Leader = new("n3"),
                InSync = NodeList.Of(new NodeId("n3")),
                Assignment = new(NodeList.Of(new("n3"), new("n1"), new("n2")), NodeList.Of(new NodeId("n3")), NodeList.Of(new NodeId("n2"))),
                Distrusted = NodeList.Of(new NodeId("n4")),
                Election = ElectionKind.Forced,
                AtRisk = new(new Offset(100), new Offset(4000)),
            },
            new PartitionChange { Partition = new(Id(2), new(0)), Expected = new(0), Leader = new("n2"), InSync = NodeList.Of(new NodeId("n2")) },
        ]),
        new AlterInSyncCommand(new(Id(1), new(3)), new("n1"), new(2), new(9), [new(new("n1"), new(6)), new(new("n2"), new(8))]),
        new AddPartitionsCommand(
            Id(0x01020304),
            3,
            [new(new(0), new(0, 49)), new(new(1), new(4000, 0x7FFFFFFF))],
            [Partition(3, 50, 99, "n1"), Partition(4, 0x80000000, uint.MaxValue, "n3")]),
        new SetReassignmentRateCommand(32 << 20),
        new ReportLossCommand(new(Id(1), new(2)), new(7), new(new Offset(100), new Offset(4000))),
    ];

    public static BrokerEndpoints Endpoints(string host, int port) => new(new(host, port), new(host, 8080), new(host, 9000));

    public static byte[] Encoded(MetadataCommand command)
    {
        ArrayBufferWriter<byte> bytes = new();
        MetadataCommandCodec.Encode(command, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] Snapshot(this MetadataState state)
    {
        ArrayBufferWriter<byte> bytes = new();
        state.WriteSnapshot(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A state after these commands at positions 0, 1, 2, ...</summary>
    public static MetadataState StateAfter(params IReadOnlyList<MetadataCommand> commands)
    {
        MetadataState state = new();
        for (int i = 0; i < commands.Count; i++)
        {
            state.Apply(commands[i], i);
        }

        return state;
    }

    public static byte[] Golden(string file) =>
        Convert.FromHexString(string.Concat(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)).Where(char.IsAsciiHexDigit)));
}
