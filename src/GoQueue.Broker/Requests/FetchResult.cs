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

    /// <summary>Where to go on reading. Beyond the last returned batch; equal to the asked offset when there was nothing.</summary>
    public required Offset NextOffset { get; init; }

    public required Offset HighWatermark { get; init; }

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
