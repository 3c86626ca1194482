using System.Net;

namespace GoQueue.Client.Transport;

/// <summary>
/// The request body of a full-duplex call: hands the stream of the request to whoever drives the call, and ends when they say so.
/// </summary>
internal sealed class DuplexContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DuplexContent()
    {
        Headers.TryAddWithoutValidation("content-type", "application/grpc");
    }

    /// <summary>The stream to write to; cancelled when the call failed before it was opened.</summary>
    public Task<Stream> Opened => opened.Task;

    /// <summary>Ends the request body. The stream is not written to afterwards.</summary>
    public void Finish()
    {
        opened.TrySetCanceled();
        finished.TrySetResult();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false); // the headers go out before the first message is there
        opened.TrySetResult(stream);
        await finished.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
