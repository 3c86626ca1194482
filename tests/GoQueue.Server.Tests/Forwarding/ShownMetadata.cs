using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Commands;

namespace GoQueue.Server.Tests.Forwarding;

/// <summary>A metadata log that shows what a test gives it, for nodes that are to lag behind each other.</summary>
internal sealed class ShownMetadata : IMetadataLog
{
    private readonly Lock gate = new();
    private TaskCompletionSource<MetadataImage> next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MetadataImage image = MetadataImage.Empty;

    public MetadataImage Image => Volatile.Read(ref image);

    public void Show(MetadataImage shown)
    {
        TaskCompletionSource<MetadataImage> told;
        lock (gate)
        {
            Volatile.Write(ref image, shown);
            told = next;
            next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.SetResult(shown);
    }

    public async ValueTask<MetadataImage> WaitForChangeAsync(long seenVersion, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<MetadataImage> change;
            lock (gate)
            {
                if (image.Version > seenVersion)
                {
                    return image;
                }

                change = next.Task;
            }

            await change.WaitAsync(cancellationToken);
        }
    }

    public ValueTask<Result<MetadataOutcome>> ProposeAsync(MetadataCommand command, CancellationToken cancellationToken) =>
        new(new Error(ErrorCode.MetadataUnavailable, "a test shows the metadata"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
