using System.Buffers;
using GoQueue.Core;
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
    ];

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
