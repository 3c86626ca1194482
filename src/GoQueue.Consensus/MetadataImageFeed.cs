using GoQueue.Core.Scheduling;
using GoQueue.Core;
using GoQueue.Metadata;

namespace GoQueue.Consensus;

/// <summary>Holds the newest image for any reader and wakes those who wait for a newer one. Published by one thread.</summary>
internal sealed class MetadataImageFeed(MetadataImage first)
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = NewSignal();
    private MetadataImage image = first;
    private bool isClosed;

    public MetadataImage Image => Volatile.Read(ref image);

    public void Publish(MetadataImage next)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            Invariant.Check(next.Version > image.Version, "images get newer", image.Version, next.Version);
            Volatile.Write(ref image, next);
            signal = changed;
            changed = NewSignal();
        }

        signal.SetResult();
    }

    public async ValueTask<MetadataImage> WaitForNewerAsync(long seenVersion, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task signal;
            lock (gate)
            {
                if (image.Version > seenVersion)
                {
                    return image;
                }

                ObjectDisposedException.ThrowIf(isClosed, typeof(IMetadataLog));
                signal = changed.Task;
            }

            await signal.UnlessCancelledAsync(cancellationToken);
        }
    }

    /// <summary>Wakes everybody who still waits; they throw.</summary>
    public void Close()
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            isClosed = true;
            signal = changed;
        }

        signal.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
