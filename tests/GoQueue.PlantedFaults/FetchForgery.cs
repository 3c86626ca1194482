using System.Buffers.Binary;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.PlantedFaults;

/// <summary>Makes another answer of the batches of a true one: in another order, without one of them, or with another body.</summary>
internal static class FetchForgery
{
    /// <summary>The answer as the fault wants it, or as it is. Takes over the result.</summary>
    public static FetchResult Change(FetchResult result, FaultSource source)
    {
        List<byte[]> batches = Cut(result);
        int[] data = [.. Enumerable.Range(0, batches.Count).Where(i => !new RecordBatchHeader(batches[i]).IsControl)];
        return IsChanged(batches, data, source) ? Join(result, batches) : result;
    }

    /// <param name="data">Indexes of the batches that hold messages.</param>
    private static bool IsChanged(List<byte[]> batches, int[] data, FaultSource source)
    {
        switch (source.Fault)
        {
            case PlantedFault.AlterBody when data.Length > 0 && source.Shows():
                return IsAltered(batches[data[source.Below(data.Length)]], source);
            case PlantedFault.SwapBatches when data.Length > 1 && source.Shows():
                int at = source.Below(data.Length - 1);
                (batches[data[at]], batches[data[at + 1]]) = (batches[data[at + 1]], batches[data[at]]);
                return true;
            case PlantedFault.LeaveOutInside when data.Length > 2 && source.Shows():
                batches.RemoveAt(data[1 + source.Below(data.Length - 2)]);
                return true;
            case PlantedFault.LeaveOutFirst when data.Length > 1 && source.Shows():
                batches.RemoveAt(data[0]);
                return true;
            default:
                return false;
        }
    }

    private static bool IsAltered(byte[] batch, FaultSource source)
    {
        if (new RecordBatchHeader(batch).Compression != CompressionCodec.None)
        {
            return false;
        }

        int at = -1;
        using (RecordBatchReader records = RecordBatchReader.Open(batch, RecordReadLimits.Default, out _))
        {
            foreach (Record record in records)
            {
                if (record.Value.Length > 0 && batch.AsSpan().Overlaps(record.Value, out int start))
                {
                    at = start + source.Below(record.Value.Length);
                }
            }
        }

        if (at < 0)
        {
            return false;
        }

        batch[at] ^= 1;
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(RecordBatchLayout.Crc), Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)));
        return true;
    }

    private static List<byte[]> Cut(FetchResult result)
    {
        List<byte[]> batches = [];
        foreach (BufferSlice slice in result.Slices)
        {
            foreach (ReadOnlySpan<byte> batch in new RecordBatchSequence(slice.Span))
            {
                batches.Add(batch.ToArray());
            }
        }

        return batches;
    }

    private static FetchResult Join(FetchResult result, List<byte[]> batches)
    {
        SharedBuffer joined = SharedBuffer.Rent(batches.Sum(static batch => batch.Length));
        int at = 0;
        foreach (byte[] batch in batches)
        {
            batch.CopyTo(joined.Span[at..]);
            at += batch.Length;
        }

        FetchResult changed = new()
        {
            Error = result.Error,
            Slices = [new BufferSlice(joined, 0, joined.Length)],
            NextOffset = result.NextOffset,
            LastEpoch = result.LastEpoch,
            HighWatermark = result.HighWatermark,
            LogStartOffset = result.LogStartOffset,
        };
        result.Dispose();
        return changed;
    }
}
