using System.Buffers;
using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;

namespace GoQueue.Fuzz.Targets;

/// <summary>Metadata commands: refused, or applied without a throw and canonical when valid.</summary>
internal sealed class MetadataCommandTarget : IFuzzTarget
{
    public string Name => "metadata-command";

    public IEnumerable<byte[]> Seeds { get; } = [.. SeedCommands.All.Select(SeedCommands.Encode)];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (!MetadataCommandCodec.Decode(input).TryGet(out MetadataCommand? command, out Error error))
        {
            Invariant.Check(error.Code is ErrorCode.CorruptLog or ErrorCode.UnsupportedBatchVersion, "a command is refused for damage or age only");
            return;
        }

        MetadataState state = SeedCommands.State();
        MetadataOutcome outcome = state.Apply(command, 100);
        Invariant.Check(MetadataState.ReadSnapshot(SeedCommands.Snapshot(state)).IsOk, "every state can be restored");
        if (command.Validate() is null)
        {
            Invariant.Check(input.SequenceEqual(SeedCommands.Encode(command)), "what is read is written back the same");
        }
        else
        {
            Invariant.Check(outcome.IsRefused, "a command that makes no sense is refused");
        }
    }
}

/// <summary>Metadata snapshots, as given and with the checksum made right: refused, or canonical.</summary>
internal sealed class MetadataSnapshotTarget : IFuzzTarget
{
    public string Name => "metadata-snapshot";

    public IEnumerable<byte[]> Seeds { get; } = [SeedCommands.Snapshot(new MetadataState()), SeedCommands.Snapshot(SeedCommands.State())];

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(input);
        if (input.Length >= 8)
        {
            byte[] repaired = input.ToArray();
            "GQM\u0002"u8.CopyTo(repaired);
            BinaryPrimitives.WriteUInt32BigEndian(repaired.AsSpan(4), Crc32C.Compute(repaired.AsSpan(8)));
            Check(repaired);
        }
    }

    private static void Check(ReadOnlySpan<byte> input)
    {
        if (MetadataState.ReadSnapshot(input).TryGet(out MetadataState? state, out _))
        {
            Invariant.Check(input.SequenceEqual(SeedCommands.Snapshot(state)), "what is read is written back the same");
        }
    }
}

/// <summary>Commands to begin from, one of each type.</summary>
internal static class SeedCommands
{
    public static IReadOnlyList<MetadataCommand> All { get; } =
    [
        new FormClusterCommand("cluster-A"),
        new AllocateProducerIdsCommand(1000),
        new CreateTopicCommand(Id(1), "orders", TopicSettings.Default, PartitionLayout.Equal(3, new NodeId("node-1")), new UnixMillis(1)),
        new CreateTopicCommand(Id(2), "Payments.v1", TopicSettings.Default, PartitionLayout.Equal(1, new NodeId("n")), new UnixMillis(2)),
        new AlterTopicCommand(Id(1), TopicSettings.Default with { RetentionMillis = -1 }, 3),
        new DeleteTopicCommand(Id(2)),
        new RegisterBrokerCommand(new NodeId("node-1"), new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), new(new("a", 1), new("b", 2), new("c", 3)), "rack", new BrokerEpoch(0)),
        new AlterBrokerCommand(new NodeId("node-1"), new BrokerEpoch(7), BrokerChange.Unfence),
        new AlterPartitionsCommand(
        [
            new PartitionChange { Partition = new(Id(1), new(0)), Expected = new(1), Leader = new("node-1"), InSync = NodeList.Of(new NodeId("node-1")) },
            new PartitionChange
            {
                Partition = new(Id(1), new(1)),
                Expected = new(1),
                Leader = new("node-1"),
                InSync = NodeList.Of(new NodeId("node-1")),
                Election = ElectionKind.Forced,
                AtRisk = new(new Offset(1), new Offset(2)),
                Distrusted = NodeList.Of(new NodeId("n")),
                Assignment = new(NodeList.Of(new NodeId("node-1")), NodeList.Empty, NodeList.Empty),
            },
        ]),
        new AlterInSyncCommand(new(Id(1), new(0)), new("node-1"), new(2), new(2), [new(new("node-1"), new(7))]),
        new AddPartitionsCommand(
            Id(1), 5, [new(new(2), new(0xAAAAAAAA, 0xBFFFFFFF))], [PartitionImage.New(new(3), new(0xC0000000, uint.MaxValue), NodeList.Of(new NodeId("node-1")))]),
        new SetReassignmentRateCommand(1 << 20),
        new ReportLossCommand(new(Id(1), new(1)), new(1), new(new Offset(1), new Offset(9))),
        new UnregisterBrokerCommand(new NodeId("node-1"), new BrokerEpoch(7)),
    ];

    public static byte[] Encode(MetadataCommand command)
    {
        ArrayBufferWriter<byte> bytes = new();
        MetadataCommandCodec.Encode(command, bytes);
        return bytes.WrittenSpan.ToArray();
    }

    public static MetadataState State()
    {
        MetadataState state = new();
        for (int i = 0; i < All.Count; i++)
        {
            state.Apply(All[i], i);
        }

        return state;
    }

    public static byte[] Snapshot(MetadataState state)
    {
        ArrayBufferWriter<byte> bytes = new();
        state.WriteSnapshot(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    private static TopicId Id(int number) => new(new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
}
