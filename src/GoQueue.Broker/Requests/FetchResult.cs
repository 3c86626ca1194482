using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>
/// Whole record batches in offset order, the first holding the asked offset or the next one present. May include control batches, which
/// clients skip. Owns references on its buffers until disposed.
/// </summary>
public sealed class FetchResult : IDisposable
{
    public required Error Error { get; init; }

    /// <summary>Stored bytes; each slice holds one or more whole batches.</summary>
    public required IReadOnlyList<BufferSlice> Slices { get; init; }

    /// <summary>
    /// Where to go on reading. Beyond the last returned batch; equal to the asked offset when there was nothing. With LogTruncated: where this log parts
    /// from what the reader read, or later (see <see cref="LastEpoch"/>).
    /// </summary>
    public required Offset NextOffset { get; init; }

    /// <summary>
    /// Leader epoch of the record before <see cref="NextOffset"/>, for <see cref="FetchRequest.LastEpoch"/> of the next request (semantics E7); none at the start of the
    /// log, or when it is not known. With LogTruncated: the largest epoch of this log not above the reader's; a reader that never saw it cuts to the end
    /// of its largest smaller one and asks again (E4).
    /// </summary>
    public LeaderEpoch LastEpoch { get; init; } = LeaderEpoch.None;

    public required Offset HighWatermark { get; init; }

    /// <summary>Where the partition begins; none when a new leader does not know it yet (ADR 0017). A follower tells what it heard last.</summary>
    public required Offset LogStartOffset { get; init; }

    public bool IsOk => Error.Code == ErrorCode.None;

    public void Dispose()
    {
        foreach (BufferSlice slice in Slices)
        {
            slice.Buffer.Release();
        }
    }
}
