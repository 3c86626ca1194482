using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>An open call: the test writes bytes, reads messages one by one, and looks at the end.</summary>
internal sealed class GrpcDuplex(HttpRequestMessage request, DuplexContent content, Task<HttpResponseMessage> response) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private Stream? body;

    public Task<HttpResponseMessage> Response => response.WaitAsync(Patience);

    public Task WriteAsync(byte[] bytes) => content.WriteAsync(bytes).WaitAsync(Patience);

    public Task WriteAsync(IMessage message) => WriteAsync(GrpcWireClient.Frame(message));

    /// <summary>The client has sent all.</summary>
    public void CompleteWriting() => content.Complete();

    /// <summary>The next message, or null at the end of the call.</summary>
    public async Task<TMessage?> ReadAsync<TMessage>()
        where TMessage : class, IMessage<TMessage>, new()
    {
        using CancellationTokenSource patience = new(Patience);
        body ??= await (await Response).Content.ReadAsStreamAsync(patience.Token);
        byte[] prefix = new byte[5];
        if (await body.ReadAtLeastAsync(prefix, 5, throwOnEndOfStream: false, patience.Token) == 0)
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(1))];
        await body.ReadExactlyAsync(message, patience.Token);
        return new MessageParser<TMessage>(() => new TMessage()).ParseFrom(message);
    }

    /// <summary>Reads what is left and answers how the call ended.</summary>
    public async Task<GrpcAnswer> EndAsync()
    {
        HttpResponseMessage answered = await Response;
        body ??= await answered.Content.ReadAsStreamAsync();
        using CancellationTokenSource patience = new(Patience);
        using MemoryStream rest = new();
        await body.CopyToAsync(rest, patience.Token);
        return new GrpcAnswer(answered, rest.ToArray());
    }

    /// <summary>Resets the stream, as a client that cancels does.</summary>
    public async Task CancelAsync()
    {
        if (response.IsCompletedSuccessfully)
        {
            (await response).Dispose();
        }

        content.Abort();
        request.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await CancelAsync();
    }
}

/// <summary>A request body that stays open until told.</summary>
internal sealed class DuplexContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ready => stream.Task;

    public async Task WriteAsync(byte[] bytes)
    {
        Stream target = await stream.Task;
        await target.WriteAsync(bytes);
        await target.FlushAsync();
    }

    public void Complete() => done.TrySetResult();

    public void Abort() => done.TrySetException(new IOException("the test gave the call up"));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync(); // sends the headers
        this.stream.TrySetResult(stream);
        await done.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
