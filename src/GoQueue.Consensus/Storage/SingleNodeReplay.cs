using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;
using GoQueue.Storage;

namespace GoQueue.Consensus.Storage;

/// <summary>
/// Reads the metadata of the program before Raft, from its newest snapshot and the log above it. Refuses rather than guesses: a hole, damage or an unknown command would give
/// a state that nobody decided.
/// </summary>
internal static class SingleNodeReplay
{
    private const int ReadBytes = 1 << 20;

    /// <exception cref="MetadataLogUnusableException">The stored metadata cannot be used as it is.</exception>
    public static MetadataState Restore(PartitionLog log, string path)
    {
        if (log.Recovery.CorruptRanges is [CorruptRange damage, ..])
        {
            throw Unusable(path, $"commands {damage.Start} to {damage.End} are damaged on disk");
        }

        (MetadataState state, Offset from) = LoadSnapshot(log, path);
        while (from < log.EndOffset)
        {
            LogRead read = log.Read(from, log.EndOffset, ReadBytes);
            if (read.Error is { } error)
            {
                throw Unusable(path, error.Detail);
            }

            Invariant.Check(read.NextOffset > from, "a read below the end moves on", from.Value + 1, read.NextOffset.Value);
            try
            {
                foreach (BufferSlice slice in read.Slices)
                {
                    ApplyBatches(slice.Span, from, state, path);
                }
            }
            finally
            {
                Release(read.Slices);
            }

            from = read.NextOffset;
        }

        return state;
    }

    private static (MetadataState State, Offset At) LoadSnapshot(PartitionLog log, string path)
    {
        Offset start = log.StartOffset;
        if (log.TryLoadState(out Offset at, out byte[] bytes))
        {
            if (MetadataState.ReadSnapshot(bytes).TryGet(out MetadataState? state, out Error error))
            {
                return at >= start
                    ? (state, at)
                    : throw Unusable(path, $"the newest snapshot ends at {at}, but the log starts at {start}: commands are missing");
            }

            if (error.Code != ErrorCode.CorruptLog || start != Offset.Zero)
            {
                throw Unusable(path, error.Detail);
            }
        }

        return start == Offset.Zero
            ? (new MetadataState(), Offset.Zero)
            : throw Unusable(path, $"the log starts at {start} and no snapshot holds what was before");
    }

    private static void ApplyBatches(ReadOnlySpan<byte> batches, Offset from, MetadataState state, string path)
    {
        RecordBatchSequence sequence = new(batches);
        foreach (ReadOnlySpan<byte> batch in sequence)
        {
            using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
            if (error is { } refused)
            {
                throw Unusable(path, refused.Detail);
            }

            foreach (Record record in reader)
            {
                if (record.Offset >= from) // a snapshot may end inside a batch
                {
                    state.Apply(Decode(record, path), record.Offset.Value);
                }
            }
        }
    }

    private static MetadataCommand Decode(Record record, string path) =>
        MetadataCommandCodec.Decode(record.Value).TryGet(out MetadataCommand? command, out Error error)
            ? command
            : throw Unusable(path, $"command {record.Offset}: {error.Detail}");

    private static void Release(IReadOnlyList<BufferSlice> slices)
    {
        foreach (BufferSlice slice in slices)
        {
            slice.Buffer.Release();
        }
    }

    private static MetadataLogUnusableException Unusable(string path, string why) =>
        new($"the metadata log in {path} cannot be used: {why}. Nothing was changed; if this is damage, restore the directory from a copy.");
}
