using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using GoQueue.Contracts.V1;

namespace GoQueue.Demo.Readers;

/// <summary>Reads by <c>Subscribe</c> in the plain message format, with nothing but HTTP/2 and the generated messages: what a stranger's client would do.</summary>
internal sealed class GrpcReader(Uri address) : ITopicReader, IDisposable
{
    private static readonly MediaTypeHeaderValue Grpc = new("application/grpc");

    private readonly HttpClient http = new()
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public string Name => "gRPC";

    public async Task<List<StoredMessage>> ReadAsync(string topic, int partition, CancellationToken cancellationToken)
    {
        List<StoredMessage> messages = [];
        GetOffsetsResponse range = new();
        await CallAsync("GetOffsets", new GetOffsetsRequest { Topic = topic, Partition = partition }, frame => range.MergeFrom(frame), cancellationToken);
        long count = range.HighWatermark - range.LogStartOffset;
        if (count > 0)
        {
            SubscribeRequest request = new()
            {
                Topic = topic,
                Partition = partition,
                Offset = range.LogStartOffset,
                Format = SubscribeFormat.Messages,
                MaxMessages = count,
            };
            await CallAsync("Subscribe", request, Take, cancellationToken);
        }

        return messages;

        void Take(byte[] frame) => messages.AddRange(SubscribeResponse.Parser.ParseFrom(frame).Messages
            .Select(message => new StoredMessage(partition, message.Offset, message.Key.ToByteArray(), message.Value.ToByteArray())));
    }

    public void Dispose() => http.Dispose();

    /// <summary>One call: a request frame, any number of response frames, and a status in the trailers.</summary>
    private async Task CallAsync(string method, IMessage request, Action<byte[]> take, CancellationToken cancellationToken)
    {
        byte[] frame = new byte[5 + request.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - 5);
        request.WriteTo(frame.AsSpan(5));
        using HttpRequestMessage call = new(HttpMethod.Post, $"/goqueue.v1.GoQueue/{method}") { Content = new ByteArrayContent(frame) };
        call.Version = HttpVersion.Version20;
        call.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        call.Content.Headers.ContentType = Grpc;
        call.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using HttpResponseMessage response = await http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using (Stream body = await response.Content.ReadAsStreamAsync(cancellationToken))
        {
            byte[] prefix = new byte[5];
            while (await body.ReadAtLeastAsync(prefix, 5, throwOnEndOfStream: false, cancellationToken) == 5)
            {
                byte[] message = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(1))];
                await body.ReadExactlyAsync(message, cancellationToken);
                take(message);
            }
        }

        string status = Value(response, "grpc-status") ?? "missing";
        if (!response.IsSuccessStatusCode || status != "0")
        {
            throw new DemoException($"{method} answered HTTP {(int)response.StatusCode}, grpc-status {status}: {Value(response, "grpc-message")}");
        }
    }

    private static string? Value(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? trailers) ? trailers.First()
        : response.Headers.TryGetValues(name, out IEnumerable<string>? headers) ? headers.First()
        : null;
}
