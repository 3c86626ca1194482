using System.Buffers;
using System.IO.Pipelines;
using GoQueue.Core;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>
/// One call: its messages, its deadline and its end. The end is written once by the dispatcher, from the status that the method returned or from
/// why the call was cut short.
/// </summary>
/// <remarks>
/// One reader and one writer at a time, which may be two different loops. <see cref="Token"/> is cancelled when the client is gone or the deadline
/// has passed, and for calls that may take for ever (<see cref="EndsWithTheNode"/>) when the node stops.
/// </remarks>
internal sealed class GrpcCall : IAsyncDisposable
{
    private readonly GrpcCallServices services;
    private CancellationTokenSource? cancellation;
    private CancellationTokenRegistration interrupting;
    private Watch? writeWatch;

    public GrpcCall(HttpContext http, GrpcCallServices services, TimeSpan? timeout, bool isGzip, GrpcTraits traits)
    {
        Http = http;
        this.services = services;
        Output = http.Response.BodyWriter;
        Reader = new MessageReader(http.Request.BodyReader, services.Limits, isGzip, services.Watchdog)
        {
            ExpectsMessage = traits.HasFlag(GrpcTraits.TakesOneMessage),
        };
        EndsWithTheNode = traits.HasFlag(GrpcTraits.EndsWithTheNode);
        HasDeadline = timeout is not null;
        if (timeout is { } left || EndsWithTheNode)
        {
            StartCancellation(timeout);
        }
    }

    public HttpContext Http { get; }

    public GrpcLimits Limits => services.Limits;

    public MessageReader Reader { get; }

    /// <summary>The response body. Write whole messages, then <see cref="FlushAsync"/>.</summary>
    public PipeWriter Output { get; }

    public bool HasDeadline { get; }

    /// <summary>See <see cref="GrpcTraits.EndsWithTheNode"/>.</summary>
    public bool EndsWithTheNode { get; }

    /// <summary>Set by a call that still has answers to deliver when the node stops: its writes are then not cut short.</summary>
    public bool DrainsAtStop { get; set; }

    /// <summary>True once response headers are out, so the status must go into trailers.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Cancelled when nobody waits for this call any more, or nobody may.</summary>
    public CancellationToken Token => cancellation?.Token ?? Http.RequestAborted;

    /// <summary>Sends the response headers, which every stream does first so that the client knows it is being served.</summary>
    public ValueTask<bool> StartAsync()
    {
        BeginResponse();
        return FlushAsync();
    }

    /// <summary>Marks the response as begun: call before the first byte goes into <see cref="Output"/>.</summary>
    public void BeginResponse()
    {
        if (!HasStarted)
        {
            HasStarted = true;
            Task started = Http.Response.StartAsync();
            Invariant.Check(started.IsCompletedSuccessfully, "starting a response waits for nobody");
        }
    }

    /// <summary>Writes one message without flushing.</summary>
    public void Write(IMessage message)
    {
        BeginResponse();
        int size = message.CalculateSize();
        GrpcFrame.WritePrefix(Output.GetSpan(GrpcFrame.PrefixSize), size);
        Output.Advance(GrpcFrame.PrefixSize);
        message.WriteTo(Output);
    }

    /// <summary>Sends what was written. False when the client is gone, or took nothing for longer than the write time-out: then stop writing.</summary>
    public ValueTask<bool> FlushAsync()
    {
        ValueTask<FlushResult> flush;
        try
        {
            flush = Output.FlushAsync();
        }
        catch (Exception gone) when (Transport.IsFailure(gone))
        {
            return new(false);
        }

        return flush.IsCompletedSuccessfully ? new(Continues(flush.Result)) : Awaited(flush);

        async ValueTask<bool> Awaited(ValueTask<FlushResult> pending)
        {
            Watch watch = WriteWatch();
            watch.Arm(Limits.WriteTimeout);
            try
            {
                return Continues(await pending) && !watch.HasFired;
            }
            catch (Exception gone) when (Transport.IsFailure(gone))
            {
                return false;
            }
            finally
            {
                watch.Disarm();
            }
        }

        static bool Continues(FlushResult result) => !result.IsCompleted && !result.IsCanceled;
    }

    /// <summary>Ends the call. Waits, within the write time-out, until Kestrel has taken everything.</summary>
    public async Task FinishAsync(GrpcStatus status)
    {
        Reader.Close();
        if (HasStarted)
        {
            IHeaderDictionary trailers = Http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
            StatusTrailers.Write(trailers, status);
        }
        else
        {
            StatusTrailers.Write(Http.Response.Headers, status);
        }

        Task completed = Http.Response.CompleteAsync();
        if (!completed.IsCompletedSuccessfully)
        {
            Watch watch = WriteWatch();
            watch.Arm(Limits.WriteTimeout);
            try
            {
                await completed;
            }
            finally
            {
                watch.Disarm();
            }
        }
    }

    /// <summary>Why the call ends early, once <see cref="Token"/> is cancelled; the client sees it only if it is still there.</summary>
    public GrpcStatus WhyCancelled()
    {
        if (Http.RequestAborted.IsCancellationRequested)
        {
            return new GrpcStatus(GrpcStatusCode.Cancelled, "the client cancelled the call");
        }

        return EndsWithTheNode && services.Stopping.IsCancellationRequested
            ? GrpcStatus.Of(ErrorCode.ShuttingDown, "the node is stopping; call again, here later or another node")
            : new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "the deadline of the call has passed");
    }

    /// <summary>Resets the stream: for a client that does not read, which could not be told a status either.</summary>
    private void Reset() => Http.Features.Get<IHttpResetFeature>()?.Reset(Http2Cancel);

    /// <summary>
    /// Frees timers and registrations; after it <see cref="Token"/> must not be asked for again. Waits for an interruption under way: Kestrel reuses
    /// the objects of this request for the next one, which must not be hit by it.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await interrupting.DisposeAsync();
        Reader.Close(); // a call that broke off has not come to its end
        writeWatch?.Disarm();
        cancellation?.Dispose();
    }

    private const int Http2Cancel = 8; // the HTTP/2 error code CANCEL

    private void StartCancellation(TimeSpan? timeout)
    {
        cancellation = EndsWithTheNode
            ? CancellationTokenSource.CreateLinkedTokenSource(Http.RequestAborted, services.Stopping)
            : CancellationTokenSource.CreateLinkedTokenSource(Http.RequestAborted);
        if (timeout is { } left)
        {
            cancellation.CancelAfter(left);
        }

        interrupting = cancellation.Token.UnsafeRegister(static self => ((GrpcCall)self!).Interrupt(), this);
    }

    /// <summary>Wakes whoever waits for the client.</summary>
    private void Interrupt()
    {
        Reader.Interrupt();
        if (!DrainsAtStop || WhyCancelled().Cause != ErrorCode.ShuttingDown)
        {
            try
            {
                Output.CancelPendingFlush();
            }
            catch (Exception ended) when (Transport.IsFailure(ended))
            {
                // Kestrel has ended the response already: whoever flushes it is awake.
            }
        }
    }

    private Watch WriteWatch() => writeWatch ??= new Watch(services.Watchdog, Reset);
}

/// <summary>What every call shares.</summary>
/// <param name="Stopping">Cancelled when the node begins to stop.</param>
internal sealed record GrpcCallServices(GrpcLimits Limits, CallWatchdog Watchdog, CancellationToken Stopping);
