using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using GoQueue.Server.Grpc.Protocol;
using Google.Protobuf;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>A gRPC client made of HttpClient and bytes, so that tests can send what no client library would.</summary>
internal sealed class GrpcWireClient(Uri address) : IDisposable
{
    public const string Service = "/goqueue.v1.GoQueue/";

    private readonly HttpClient http = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = false })
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(30),
    };

    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        byte[] frame = new byte[GrpcFrame.PrefixSize + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, GrpcFrame.PrefixSize);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public Task<GrpcAnswer> CallAsync(string path, IMessage request, params (string Name, string Value)[] headers) =>
        SendAsync(path, new ByteArrayContent(Frame(request)), headers);

    public Task<GrpcAnswer> CallRawAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        SendAsync(path, new ByteArrayContent(body), headers);

    /// <summary>A unary call of the broker's service that must succeed.</summary>
    public async Task<TResponse> UnaryAsync<TResponse>(string method, IMessage request)
        where TResponse : IMessage<TResponse>, new()
    {
        GrpcAnswer answer = await CallAsync(Service + method, request);
        Assert.Equal("", answer.Message);
        Assert.Equal(GrpcStatusCode.Ok, answer.Status);
        return new MessageParser<TResponse>(() => new TResponse()).ParseFrom(Assert.Single(answer.Messages));
    }

    /// <summary>Sends and reads to the end.</summary>
    public async Task<GrpcAnswer> SendAsync(string path, HttpContent body, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = Request(path, body, headers);
        using HttpResponseMessage response = await http.SendAsync(request);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        return new GrpcAnswer(response, bytes);
    }

    /// <summary>Opens a call whose two directions the test drives itself.</summary>
    public async Task<GrpcDuplex> OpenAsync(string path, params (string Name, string Value)[] headers)
    {
        DuplexContent content = new();
        HttpRequestMessage request = Request(path, content, headers);
        Task<HttpResponseMessage> response = http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await content.Ready;
        return new GrpcDuplex(request, content, response);
    }

    public Task<HttpResponseMessage> SendHttpAsync(HttpRequestMessage request) => http.SendAsync(request);

    public void Dispose() => http.Dispose();

    private static HttpRequestMessage Request(string path, HttpContent body, (string Name, string Value)[] headers)
    {
        HttpRequestMessage request = new(HttpMethod.Post, path)
        {
            Content = body,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        body.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }
}

/// <summary>What came back, whole.</summary>
internal sealed class GrpcAnswer
{
    public GrpcAnswer(HttpResponseMessage response, byte[] body)
    {
        Http = response.StatusCode;
        IsTrailersOnly = response.Headers.Contains("grpc-status");
        HttpHeaders source = IsTrailersOnly ? response.Headers : response.TrailingHeaders;
        Headers = response.Headers.Concat(response.TrailingHeaders).ToLookup(pair => pair.Key, pair => string.Join(',', pair.Value));
        Status = source.TryGetValues("grpc-status", out IEnumerable<string>? status) ? (GrpcStatusCode)int.Parse(status.Single()) : null;
        Message = source.TryGetValues("grpc-message", out IEnumerable<string>? text) ? Uri.UnescapeDataString(text.Single()) : "";
        ErrorName = source.TryGetValues("goqueue-error", out IEnumerable<string>? name) ? name.Single() : null;
        Details = source.TryGetValues("grpc-status-details-bin", out IEnumerable<string>? details) ? Convert.FromBase64String(details.Single()) : null;
        for (int at = 0; at < body.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            Messages.Add(body[(at + 5)..(at + 5 + length)]);
            at += 5 + length;
        }
    }

    public HttpStatusCode Http { get; }

    public bool IsTrailersOnly { get; }

    public ILookup<string, string> Headers { get; }

    public GrpcStatusCode? Status { get; }

    public string Message { get; }

    public string? ErrorName { get; }

    public byte[]? Details { get; }

    public List<byte[]> Messages { get; } = [];
}
