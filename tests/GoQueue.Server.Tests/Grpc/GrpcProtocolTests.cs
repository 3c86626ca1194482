using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using GoQueue.Contracts.Rpc;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Server.Grpc;
using GoQueue.Server.Grpc.Protocol;
using ErrorCode = GoQueue.Core.ErrorCode;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>What gRPC over HTTP/2 asks for around the messages: paths, headers, statuses, trailers.</summary>
public sealed class GrpcProtocolTests
{
    private const string GetTopic = GrpcWireClient.Service + "GetTopic";

    [Fact]
    public async Task A_unary_call_answers_one_message_and_its_status_in_the_trailers()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallAsync(GrpcWireClient.Service + "CreateTopic", new CreateTopicRequest { Name = "orders", Partitions = 2 });
        Assert.Equal(HttpStatusCode.OK, answer.Http);
        Assert.Equal(GrpcStatusCode.Ok, answer.Status);
        Assert.False(answer.IsTrailersOnly);
        Topic topic = CreateTopicResponse.Parser.ParseFrom(Assert.Single(answer.Messages)).Topic;
        Assert.Equal(("orders", 2), (topic.Name, topic.Partitions.Count));
        Assert.Equal(FlushMode.Flush, topic.Settings.FlushMode);
    }

    [Fact]
    public async Task A_refusal_is_trailers_only_with_the_error_name_and_status_details()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallAsync(GetTopic, new GetTopicRequest { Name = "nowhere" });
        Assert.True(answer.IsTrailersOnly);
        Assert.Equal(GrpcStatusCode.NotFound, answer.Status);
        Assert.Equal("UNKNOWN_TOPIC", answer.ErrorName);
        Assert.Contains("nowhere", answer.Message);
        Status details = Status.Parser.ParseFrom(answer.Details);
        ErrorInfo info = Assert.Single(details.Details).Unpack<ErrorInfo>();
        Assert.Equal((5, "UNKNOWN_TOPIC", "goqueue", "false"), (details.Code, info.Reason, info.Domain, info.Metadata["retriable"]));
        Assert.Equal(answer.Message, details.Message);
    }

    [Theory]
    [InlineData("/goqueue.v1.GoQueue/Nothing")]
    [InlineData("/no.Such/Method")]
    [InlineData("/")]
    public async Task An_unknown_method_is_unimplemented(string path)
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallRawAsync(path, []);
        Assert.Equal((HttpStatusCode.OK, GrpcStatusCode.Unimplemented), (answer.Http, answer.Status));
    }

    [Theory]
    [InlineData("application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc-web", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc+json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/grpc+proto", HttpStatusCode.OK)]
    [InlineData("application/grpc;charset=utf-8", HttpStatusCode.OK)]
    public async Task Only_the_content_type_of_gRPC_with_protobuf_is_taken(string contentType, HttpStatusCode expected)
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, host.Address + "goqueue.v1.GoQueue/ListTopics")
        {
            Content = new ByteArrayContent(GrpcWireClient.Frame(new ListTopicsRequest())),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using HttpResponseMessage response = await host.Client.SendHttpAsync(request);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Another_verb_than_POST_is_refused()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, host.Address + "goqueue.v1.GoQueue/ListTopics")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage response = await host.Client.SendHttpAsync(request);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task A_gzip_message_is_inflated()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        byte[] body = GrpcWireClient.Frame(Gzip(GrpcBytes.Of(new CreateTopicRequest { Name = "packed" })), flag: 1);
        GrpcAnswer answer = await host.Client.CallRawAsync(GrpcWireClient.Service + "CreateTopic", body, ("grpc-encoding", "gzip"));
        Assert.Equal((GrpcStatusCode.Ok, ""), (answer.Status, answer.Message));
        Assert.True(host.Broker.Describe("packed").IsOk);
    }

    [Fact]
    public async Task A_gzip_bomb_is_cut_at_the_message_limit()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(new GrpcLimits { MaxMessageBytes = 64 << 10 });
        byte[] bomb = GrpcWireClient.Frame(Gzip(new byte[32 << 20]), flag: 1);
        Assert.InRange(bomb.Length, 1, 64 << 10);
        GrpcAnswer answer = await host.Client.CallRawAsync(GetTopic, bomb, ("grpc-encoding", "gzip"));
        Assert.Equal((GrpcStatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE"), (answer.Status, answer.ErrorName));
    }

    [Fact]
    public async Task A_message_that_is_not_gzip_though_marked_so_is_malformed()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallRawAsync(GetTopic, GrpcWireClient.Frame([1, 2, 3, 4], flag: 1), ("grpc-encoding", "gzip"));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "MALFORMED_REQUEST"), (answer.Status, answer.ErrorName));
    }

    [Fact]
    public async Task A_compressed_message_without_a_named_compression_is_an_error_of_the_protocol()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallRawAsync(GetTopic, GrpcWireClient.Frame(Gzip([1]), flag: 1));
        Assert.Equal(GrpcStatusCode.Internal, answer.Status);
    }

    [Fact]
    public async Task An_unknown_compression_is_unimplemented_and_the_known_ones_are_named()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallRawAsync(GetTopic, GrpcWireClient.Frame([1]), ("grpc-encoding", "zstd"));
        Assert.Equal(GrpcStatusCode.Unimplemented, answer.Status);
        Assert.Equal("identity,gzip", Assert.Single(answer.Headers["grpc-accept-encoding"]));
    }

    [Fact]
    public async Task Metadata_beyond_the_cap_is_refused()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(new GrpcLimits { MaxMetadataBytes = 2048 });
        GrpcAnswer answer = await host.Client.CallAsync(GetTopic, new GetTopicRequest(), ("x-large", new string('a', 4000)));
        Assert.Equal(GrpcStatusCode.ResourceExhausted, answer.Status);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("123456789S")]
    [InlineData("-1S")]
    [InlineData("1x")]
    public async Task A_malformed_timeout_is_refused(string timeout)
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallAsync(GetTopic, new GetTopicRequest(), ("grpc-timeout", timeout));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "MALFORMED_REQUEST"), (answer.Status, answer.ErrorName));
    }

    [Fact]
    public async Task A_deadline_that_has_passed_is_answered_at_once()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallAsync(GetTopic, new GetTopicRequest(), ("grpc-timeout", "0m"));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, answer.Status);
    }

    [Fact]
    public async Task Nothing_but_health_is_served_before_the_node_is_ready()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(isServing: false);
        GrpcAnswer refused = await host.Client.CallAsync(GetTopic, new GetTopicRequest());
        Assert.Equal((GrpcStatusCode.Unavailable, "SHUTTING_DOWN"), (refused.Status, refused.ErrorName));
        host.Serving.Report(true);
        GrpcAnswer served = await host.Client.CallAsync(GetTopic, new GetTopicRequest { Name = "x" });
        Assert.Equal(GrpcStatusCode.NotFound, served.Status);
    }

    [Fact]
    public async Task Texts_beyond_ASCII_reach_the_client_percent_encoded()
    {
        await using GrpcHost host = await GrpcHost.StartAsync();
        GrpcAnswer answer = await host.Client.CallAsync(GrpcWireClient.Service + "GetTopic", new GetTopicRequest { Name = "größe%" });
        Assert.Equal((GrpcStatusCode.InvalidArgument, "INVALID_TOPIC_NAME"), (answer.Status, answer.ErrorName));
        Assert.Contains("U+00F6", answer.Message);
        Assert.Equal("100%25 gr%C3%B6%C3%9Fe%0A", GrpcMessageText.Encode("100% größe\n"));
    }

    [Theory]
    [InlineData("1H", 3600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3000)]
    [InlineData("4m", 4)]
    [InlineData("5000u", 5)]
    [InlineData("6000000n", 6)]
    [InlineData("99999999H", int.MaxValue)]
    public void Timeouts_have_six_units(string text, double millis)
    {
        Assert.True(GrpcTimeout.TryParse(text, out TimeSpan timeout));
        Assert.Equal(TimeSpan.FromMilliseconds(millis), timeout);
    }

    [Fact]
    public void The_wire_enum_names_every_error_code_by_the_same_number()
    {
        foreach (ErrorCode code in Enum.GetValues<ErrorCode>().Where(code => code != ErrorCode.None))
        {
            string expected = "ERROR_CODE_" + ErrorCodes.Name(code);
            var value = GoqueueReflection.Descriptor.EnumTypes.Single(type => type.Name == "ErrorCode").FindValueByNumber((int)code);
            Assert.NotNull(value);
            Assert.Equal(expected, value.Name);
        }

        Assert.Equal(Enum.GetValues<ErrorCode>().Length, Enum.GetValues<Contracts.V1.ErrorCode>().Length);
    }

    private static byte[] Gzip(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }
}
