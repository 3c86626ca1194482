using System.Collections.Concurrent;
using GoQueue.Client.Transport;
using GoQueue.Client.Wire;
using GoQueue.Core;

namespace GoQueue.Client.Producing;

/// <summary>
/// One <c>PublishStream</c> call: a stream to write to and the answers that came. Everything that happens raises the loop's signal. It never
/// opens again after it ended.
/// </summary>
internal sealed class PublishCall : IAsyncDisposable
{
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1); // a courtesy; real time, whatever clock the client has

    private const int MaxAnswerBytes = 1 << 20; // an answer is some forty bytes, and a sentence when it is a refusal

    private readonly GrpcChannel channel;
    private readonly WorkSignal signal;
    private readonly CancellationTokenSource stopping = new();
    private readonly DuplexContent content = new();
    private readonly ConcurrentQueue<PublishAnswer> answers = new();
    private readonly Task running;
    private Task writing = Task.CompletedTask;
    private volatile Stream? request;
    private volatile GoQueueException? failure;

    public PublishCall(GrpcChannel channel, WorkSignal signal)
    {
        this.channel = channel;
        this.signal = signal;
        running = RunAsync();
    }

    /// <summary>The connection stands and nothing is being written: <see cref="Write"/> may be called.</summary>
    public bool CanWrite => request is not null && failure is null && writing.IsCompleted;

    /// <summary>Why the call is over; null as long as it is not. Answers that came before are still to be taken.</summary>
    public GoQueueException? Failure => failure;

    public bool TryTakeAnswer(out PublishAnswer answer) => answers.TryDequeue(out answer);

    /// <summary>Sends these bytes, which stay untouched until <see cref="CanWrite"/> again.</summary>
    public void Write(ReadOnlyMemory<byte> frames) => writing = WriteAsync(frames);

    /// <summary>Gives the call up, for a reason of ours.</summary>
    public void Break(GoQueueException because)
    {
        End(because);
        stopping.Cancel();
    }

    /// <summary>Ends the request, so that the server sees an orderly end instead of a reset; waits for its answer a moment.</summary>
    /// <remarks>The answer to the last write may be here before the write itself has returned, so that is waited for first.</remarks>
    public async Task FinishAsync()
    {
        if (request is null || failure is not null)
        {
            return;
        }

        await writing.WaitAsync(FarewellTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (CanWrite)
        {
            content.Finish();
            await running.WaitAsync(FarewellTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Cuts the call. Afterwards nothing of it touches any buffer.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        content.Finish();
        await running.ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            Task<HttpResponseMessage> opening = channel.OpenAsync("PublishStream", content, stopping.Token);
            _ = AcceptStreamAsync(); // ends with the content at the latest, and keeps its failures
            using HttpResponseMessage response = await opening.ConfigureAwait(false);
            Stream body = await response.Content.ReadAsStreamAsync(stopping.Token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                await ReadAnswersAsync(body).ConfigureAwait(false);
            }

            Error end = GrpcChannel.EndOf(response);
            End(end.Code == ErrorCode.None
                ? new GoQueueException(ErrorCode.Unreachable, "the server ended the publish stream")
                : new GoQueueException(end.Code, end.Detail));
        }
        catch (Exception problem)
        {
            End(channel.Translate(problem));
        }
        finally
        {
            content.Finish();
        }
    }

    private async Task ReadAnswersAsync(Stream body)
    {
        using MessageStream messages = new(body, MaxAnswerBytes);
        Action<ReadOnlyMemory<byte>> take = message => answers.Enqueue(PublishAnswer.Parse(message.Span));
        while (await messages.VisitAsync(take, stopping.Token).ConfigureAwait(false))
        {
            if (!messages.HasBuffered)
            {
                signal.Set(); // once for everything that one read brought
            }
        }
    }

    private async Task AcceptStreamAsync()
    {
        try
        {
            request = await content.Opened.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // the call ended before it was open
        }

        signal.Set();
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> frames)
    {
        try
        {
            Stream stream = request!;
            await stream.WriteAsync(frames, stopping.Token).ConfigureAwait(false);
            await stream.FlushAsync(stopping.Token).ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            End(channel.Translate(problem));
        }

        signal.Set();
    }

    private void End(GoQueueException because)
    {
        Interlocked.CompareExchange(ref failure, because, null);
        signal.Set();
    }
}
