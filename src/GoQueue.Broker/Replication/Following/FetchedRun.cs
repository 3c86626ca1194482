using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Replication;

namespace GoQueue.Broker.Replication.Following;

/// <summary>Whole batches of one partition, one after the other, as a leader sent them and checked. Owns one reference of its buffer.</summary>
internal sealed class FetchedRun : IDisposable
{
    private FetchedRun(BufferSlice slice, Offset first)
    {
        Slice = slice;
        First = first;
    }

    public BufferSlice Slice { get; }

    /// <summary>Base offset of the first batch.</summary>
    public Offset First { get; }

    /// <summary>
    /// Checks what a leader sent, once per hop (rule 3 of reliability.md section 6): structure, checksums, offsets that rise, epochs that do not go back and are not
    /// newer than the leadership. Then takes its own reference. A run that is a small part of the response is copied, so that a tail cache
    /// does not keep the memory of whole responses for it.
    /// </summary>
    public static Result<FetchedRun> Check(SharedBuffer response, int start, int length, in FetchAnswer answer)
    {
        ReadOnlySpan<byte> bytes = response.Span.Slice(start, length);
        Offset first = Offset.None;
        Offset next = Offset.Zero;
        LeaderEpoch epoch = LeaderEpoch.Zero;
        for (int at = 0; at < length;)
        {
            if (length - at < RecordBatchLayout.HeaderSize)
            {
                return Corrupt("it ends inside a batch header");
            }

            RecordBatchHeader header = new(bytes[at..]);
            if (header.TotalSize < RecordBatchLayout.HeaderSize || header.TotalSize > length - at)
            {
                return Corrupt($"a batch announces {header.TotalSize} bytes, {length - at} are there");
            }

            if (RecordBatchValidator.ValidateStored(bytes.Slice(at, (int)header.TotalSize)) is { } error)
            {
                return error;
            }

            if (header.BaseOffset < next || header.LeaderEpoch < epoch || header.LeaderEpoch > answer.LeaderEpoch)
            {
                return Corrupt($"batch {header.BaseOffset} of epoch {header.LeaderEpoch} follows {next} of epoch {epoch} in the leadership {answer.LeaderEpoch}");
            }

            first = first.IsNone ? header.BaseOffset : first;
            next = header.NextOffset;
            epoch = header.LeaderEpoch;
            at += (int)header.TotalSize;
        }

        if (first.IsNone)
        {
            return Corrupt("it is empty");
        }

        bool isSmallPart = length < response.Length / 2;
        return isSmallPart
            ? new FetchedRun(new BufferSlice(SharedBuffer.CopyOf(bytes), 0, length), first)
            : new FetchedRun(new BufferSlice(response.Retain(), start, length), first);
    }

    public void Dispose() => Slice.Buffer.Release();

    private static Error Corrupt(string what) => new(ErrorCode.CorruptBatch, $"the data of a fetch is refused: {what}");
}
