using System.Buffers;
using GoQueue.Core;
using GoQueue.Partitions.Producers;

namespace GoQueue.Partitions.Tests;

internal static class PartitionStateExtensions
{
    public static ProducerDecision Decide(this PartitionState state, Batch batch) => state.Decide(batch.Header());

    public static bool Apply(this PartitionState state, Batch batch, long at = 5000) => state.Apply(batch.Header(), new UnixMillis(at));

    public static byte[] Snapshot(this PartitionState state)
    {
        ArrayBufferWriter<byte> bytes = new();
        state.WriteSnapshot(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] Shared(this PartitionState state)
    {
        ArrayBufferWriter<byte> bytes = new();
        state.WriteShared(bytes);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A state that applied these, every one of them in line.</summary>
    public static PartitionState StateAfter(params Batch[] batches)
    {
        PartitionState state = new();
        foreach (Batch batch in batches)
        {
            Assert.True(state.Apply(batch));
        }

        return state;
    }
}
