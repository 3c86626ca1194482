using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using GoQueue.Client.Consuming;
using GoQueue.Core;
using Google.Protobuf;

namespace GoQueue.Client.Transport;

/// <summary>
/// gRPC calls to one node over HTTP/2. A channel has one connection (more only when the node's limit of calls on a connection is reached), so
/// whoever moves bulk data has a channel of its own. Calls may be made from any thread; the owner disposes the channel.
/// </summary>
internal sealed class GrpcChannel : IDisposable
{
    /// <summary>What the other side may send ahead on one call; below it a fast reader waits for window updates (performance rule 9).</summary>
    private const int CallWindowBytes = 4 << 20;

    /// <summary>
    /// Largest answer to a unary call: a message of the largest kind (64 MiB), alone in the answer to a Fetch, with its key, headers and the fields around it. A list of 10,000
    /// topics stays far below.
    /// </summary>
    private const int MaxAnswerBytes = 80 << 20;

    private const string ServicePath = "/goqueue.v1.GoQueue/";

    private readonly GoQueueClientOptions options;
    private readonly Uri address;
    private readonly HttpMessageInvoker invoker;

    public GrpcChannel(GoQueueClientOptions options, Uri address)
    {
        this.options = options;
        this.address = address;
        SocketsHttpHandler handler = new()
        {
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = CallWindowBytes,
            KeepAlivePingDelay = TimeSpan.FromSeconds(20), // finds a node that vanished under an idle stream
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
        };
        if (options.Tls is not null)
        {
            handler.SslOptions = options.Tls;
        }

        invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>One request, one answer, within the request time-out.</summary>
    /// <exception cref="GoQueueException">The call was refused, timed out or did not get through.</exception>
    public async Task<TResponse> CallAsync<TResponse>(string method, IMessage request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse>
    {
        using CancellationTokenSource timeout = new(options.RequestTimeout, options.Time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using HttpRequestMessage message = NewRequest(method, FramedContent(request));
            message.Headers.TryAddWithoutValidation("grpc-timeout", TimeoutText(options.RequestTimeout));
            using HttpResponseMessage response = await SendAsync(message, both.Token).ConfigureAwait(false);
            Stream body = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                using MessageStream messages = new(body, MaxAnswerBytes);
                using SharedBuffer? answer = await messages.ReadAsync(both.Token).ConfigureAwait(false);
                await ReadToEndAsync(messages, response, both.Token).ConfigureAwait(false);
                return answer is not null
                    ? parser.ParseFrom(answer.Span)
                    : throw new GoQueueException(ErrorCode.Internal, $"{method} succeeded without an answer");
            }
        }
        catch (Exception failure) when (failure is not GoQueueException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw timeout.IsCancellationRequested
                ? new GoQueueException(ErrorCode.Timeout, $"{method} at {address.Authority} did not finish within {options.RequestTimeout.TotalSeconds} s", failure)
                : Translate(failure);
        }
    }

    /// <summary>
    /// Opens a call whose answers are read from a stream: completes with the response headers. The caller disposes the response, which ends
    /// the call.
    /// </summary>
    /// <exception cref="GoQueueException">The call was refused at once or did not get through.</exception>
    public async Task<HttpResponseMessage> OpenAsync(string method, HttpContent content, CancellationToken cancellationToken)
    {
        HttpRequestMessage message = NewRequest(method, content); // disposing it would dispose the content, which is in use as long as the call
        try
        {
            return await SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not GoQueueException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Translate(failure);
        }
    }

    /// <summary>Nothing of the call can have reached a node.</summary>
    public static bool NeverConnected(GoQueueException failure) =>
        failure.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };

    /// <summary>Who leads instead, when a call that was read to its end was refused for that.</summary>
    public static LeaderHint? LeaderAfter(HttpResponseMessage response) => LeaderHint.Read(response.TrailingHeaders) ?? LeaderHint.Read(response.Headers);

    /// <summary>Where the log parts from what was read, when a call that was read to its end was refused for that.</summary>
    public static Divergence? DivergenceAfter(HttpResponseMessage response) => DivergenceTrailers.Read(response.TrailingHeaders) ?? DivergenceTrailers.Read(response.Headers);

    /// <summary>How a call ended whose body was read to its end.</summary>
    public static Error EndOf(HttpResponseMessage response) =>
        GrpcStatusReader.Read(response.TrailingHeaders) ?? GrpcStatusReader.Read(response.Headers)
            ?? new Error(ErrorCode.Unreachable, "the call ended without a status, the connection was cut");

    /// <summary>A request with one message and nothing after it.</summary>
    public static HttpContent FramedContent(IMessage request)
    {
        int size = request.CalculateSize();
        byte[] bytes = new byte[GrpcFrame.PrefixBytes + size];
        GrpcFrame.WritePrefix(bytes, size);
        request.WriteTo(bytes.AsSpan(GrpcFrame.PrefixBytes));
        ByteArrayContent content = new(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return content;
    }

    /// <summary>What went wrong below gRPC, in our terms.</summary>
    public GoQueueException Translate(Exception failure) => Translate(address, failure);

    /// <summary>The same for a call to that address; null when none was chosen yet.</summary>
    public static GoQueueException Translate(Uri? address, Exception failure)
    {
        if (failure is GoQueueException ours)
        {
            return ours;
        }

        if (failure is not (HttpRequestException or IOException or HttpProtocolException or OperationCanceledException))
        {
            return new GoQueueException(ErrorCode.Internal, $"a call to {address?.Authority ?? "a node"} failed: {failure.Message}", failure);
        }

        Exception innermost = failure;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        return new GoQueueException(ErrorCode.Unreachable, $"no answer from {address?.Authority ?? "any node"}: {innermost.Message}", failure);
    }

    public void Dispose() => invoker.Dispose();

    private HttpRequestMessage NewRequest(string method, HttpContent content)
    {
        HttpRequestMessage message = new(HttpMethod.Post, new Uri(address, method[0] == '/' ? method : ServicePath + method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        message.Headers.TryAddWithoutValidation("te", "trailers");
        message.Headers.TryAddWithoutValidation("user-agent", options.ClientId);
        return message;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await invoker.SendAsync(message, cancellationToken).ConfigureAwait(false);
        try
        {
            if (response.StatusCode != HttpStatusCode.OK || response.Content.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
            {
                throw new GoQueueException(
                    ErrorCode.Unreachable,
                    $"{address.Authority} answered HTTP {(int)response.StatusCode} with content type '{response.Content.Headers.ContentType}', which is not gRPC");
            }

            if (GrpcStatusReader.Read(response.Headers) is { Code: not ErrorCode.None } refusal)
            {
                throw new GoQueueException(refusal.Code, refusal.Detail) { Leader = LeaderHint.Read(response.Headers), Divergence = DivergenceTrailers.Read(response.Headers) };
            }

            HttpResponseMessage opened = response;
            response = null!;
            return opened;
        }
        finally
        {
            response?.Dispose();
        }
    }

    private static async Task ReadToEndAsync(MessageStream messages, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using SharedBuffer? extra = await messages.ReadAsync(cancellationToken).ConfigureAwait(false);
        Error end = extra is null ? EndOf(response) : new Error(ErrorCode.Internal, "the server sent two answers to a call that has one");
        if (end.Code != ErrorCode.None)
        {
            throw new GoQueueException(end.Code, end.Detail);
        }
    }

    /// <summary>At most eight digits; whole milliseconds up to a day fit.</summary>
    private static string TimeoutText(TimeSpan timeout) =>
        ((long)Math.Ceiling(timeout.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture) + "m";
}
