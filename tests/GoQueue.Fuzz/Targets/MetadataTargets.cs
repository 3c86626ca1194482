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
            "GQM\u0001"u8.CopyTo(repaired);
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
