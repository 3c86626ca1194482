using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Storage.Segments;

internal enum RunStatus
{
    /// <summary>Start, length and next offset say which batches to return; length 0 when none qualifies.</summary>
    Found,

    /// <summary>The first wanted batch begins behind the bytes, or is cut by their end.</summary>
    NeedsMore,

    /// <summary>What stands there is no batch.</summary>
    Bad,
}

/// <summary>Which of the batches in a piece of a segment a read returns: found by walking the headers.</summary>
internal readonly struct BatchRun
{
    public BatchRun(ReadOnlySpan<byte> bytes, long position, long segmentSize, Offset from, Offset limit, int maxBytes, bool mayHaveGaps)
    {
        int at = 0;
        Next = from;
        Start = -1;
        Offset expected = Offset.None;
        while (at < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            bool isCut = rest.Length < RecordBatchLayout.HeaderSize && position + at + RecordBatchLayout.HeaderSize <= segmentSize;
            if (!isCut)
            {
                if (!BatchScanner.TryMeasure(rest, segmentSize - position - at, out int size)
                    || !Follows(new RecordBatchHeader(rest), expected, from, mayHaveGaps))
                {
                    Status = Start < 0 ? RunStatus.Bad : RunStatus.Found; // the batches before it are served, the next read fails
                    BadAt = at;
                    return;
                }

                RecordBatchHeader header = new(rest);
                expected = header.NextOffset;
                if (header.NextOffset <= from && Start < 0)
                {
                    at += size;
                    continue;
                }

                bool isFirst = Start < 0;
                if (header.NextOffset > limit || (!isFirst && Length + size > maxBytes))
                {
                    Start = Math.Max(Start, 0);
                    return;
                }

                isCut = size > rest.Length;
                if (!isCut)
                {
                    Start = isFirst ? at : Start;
                    Length += size;
                    Next = header.NextOffset;
                    at += size;
                    continue;
                }
            }

            Status = Start < 0 ? RunStatus.NeedsMore : RunStatus.Found;
            NeededAt = position + at;
            return;
        }

        bool isAtEnd = position + at >= segmentSize;
        Status = Start >= 0 || isAtEnd ? RunStatus.Found : RunStatus.NeedsMore;
        NeededAt = position + at;
        Start = Math.Max(Start, 0);
    }

    /// <summary>The base offset is not covered by the checksum, so its place in the run must vouch for it.</summary>
    private static bool Follows(in RecordBatchHeader header, Offset expected, Offset from, bool mayHaveGaps) =>
        mayHaveGaps ? header.BaseOffset >= expected
        : expected.IsNone ? header.BaseOffset <= from
        : header.BaseOffset == expected;

    public RunStatus Status { get; }

    /// <summary>File position of the header to go on from, when more is needed.</summary>
    public long NeededAt { get; }

    /// <summary>Index in the bytes where no batch stands.</summary>
    public int BadAt { get; }

    public int Start { get; }

    public int Length { get; }

    /// <summary>First offset behind the batches found.</summary>
    public Offset Next { get; }
}
