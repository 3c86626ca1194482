using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Grpc;
using GoQueue.Server.Grpc.Protocol;
using Google.Protobuf;
using Acks = GoQueue.Contracts.V1.Acks;
using FetchRequest = GoQueue.Contracts.V1.FetchRequest;
using PublishRequest = GoQueue.Contracts.V1.PublishRequest;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>Unary publish, seen through the wire.</summary>
public sealed class GrpcPublishTests
{
    private const string Publish = GrpcWireClient.Service + "Publish";

    [Fact]
    public async Task Keys_go_where_the_topic_says_and_results_come_in_request_order()
    {
        await using GrpcHost host = await StartAsync(partitions: 4);
        TopicImage topic = host.Broker.Describe("t").Value;
        PublishRequest request = new() { Topic = "t" };
        for (int i = 0; i < 100; i++)
        {
            request.Messages.Add(Message($"key-{i % 10}", $"value-{i}"));
        }

        PublishResponse response = await host.Client.UnaryAsync<PublishResponse>("Publish", request);
        Assert.Equal(100, response.Results.Count);
        Assert.Equal((Acks.All, 1, true), (response.Durability.Acks, response.Durability.Replicas, response.Durability.Flushed));
        for (int i = 0; i < 100; i++)
        {
            PublishResult result = response.Results[i];
            Assert.Equal(topic.PartitionOf(Encoding.UTF8.GetBytes($"key-{i % 10}")).Value, result.Partition);
            Contracts.V1.Message stored = await FetchOneAsync(host, result.Partition, result.Offset);
            Assert.Equal(($"value-{i}", result.TimestampMs), (stored.Value.ToStringUtf8(), stored.TimestampMs));
        }
    }

    [Fact]
    public async Task Messages_without_a_key_stay_together_in_one_call_and_spread_over_calls()
    {
        await using GrpcHost host = await StartAsync(partitions: 3);
        HashSet<int> used = [];
        for (int call = 0; call < 3; call++)
        {
            PublishRequest request = new() { Topic = "t", Messages = { Message(null, "a"), Message(null, "b") } };
            PublishResponse response = await host.Client.UnaryAsync<PublishResponse>("Publish", request);
            used.Add(Assert.Single(response.Results.Select(result => result.Partition).Distinct()));
            Assert.Equal(response.Results[0].Offset + 1, response.Results[1].Offset);
        }

        Assert.Equal(3, used.Count);
    }

    [Fact]
    public async Task Everything_of_a_message_comes_back()
    {
        await using GrpcHost host = await StartAsync(partitions: 1);
        Contracts.V1.Message full = new()
        {
            TimestampMs = 12345,
            Key = ByteString.CopyFrom(0, 255),
            Value = ByteString.CopyFrom(1, 2, 3),
            Priority = PriorityLane.High,
            Headers = { new Header { Key = "a", Value = ByteString.CopyFromUtf8("1") }, new Header { Key = "ü", Value = ByteString.Empty } },
        };
        Contracts.V1.Message tombstone = new() { Key = ByteString.CopyFromUtf8("k"), TimestampMs = 5 };
        Contracts.V1.Message empty = new() { Key = ByteString.Empty, Value = ByteString.Empty, TimestampMs = 6 };
        PublishResponse response = await host.Client.UnaryAsync<PublishResponse>(
            "Publish", new PublishRequest { Topic = "t", Partition = 0, Messages = { full, tombstone, empty } });
        Assert.Equal([0L, 1, 2], response.Results.Select(result => result.Offset));
        FetchResponse fetched = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t" });
        for (int i = 0; i < 3; i++)
        {
            Contracts.V1.Message expected = new[] { full, tombstone, empty }[i].Clone();
            expected.Offset = i;
            Assert.Equal(expected, fetched.Messages[i]);
        }
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_alone()
    {
        await using GrpcHost host = await StartAsync(partitions: 1, maxMessageBytes: 2048);
        PublishRequest request = new() { Topic = "t", Messages = { Message("a", "small"), Message("b", new string('x', 3000)), Message("c", "small") } };
        PublishResponse response = await host.Client.UnaryAsync<PublishResponse>("Publish", request);
        Assert.Equal([0L, -1, 1], response.Results.Select(result => result.Offset));
        Assert.Equal((int)Core.ErrorCode.MessageTooLarge, (int)response.Results[1].Error);
        Assert.Contains("2048", response.Results[1].Detail);
    }

    [Fact]
    public async Task More_than_one_batch_holds_is_cut_into_several()
    {
        await using GrpcHost host = await StartAsync(partitions: 1, maxMessageBytes: 2048);
        PublishRequest request = new() { Topic = "t" };
        for (int i = 0; i < 50; i++)
        {
            request.Messages.Add(Message("k", new string('x', 500)));
        }

        PublishResponse response = await host.Client.UnaryAsync<PublishResponse>("Publish", request);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (long)i), response.Results.Select(result => result.Offset));
        Assert.InRange(host.Broker.Publishes, 50 / 3, 50 / 2);
    }

    [Fact]
    public async Task Order_inside_a_partition_holds_across_priorities()
    {
        await using GrpcHost host = await StartAsync(partitions: 2);
        PublishRequest request = new() { Topic = "t", Partition = 1 };
        for (int i = 0; i < 20; i++)
        {
            Contracts.V1.Message message = Message("k", $"{i}");
            message.Priority = (PriorityLane)(i % 5);
            request.Messages.Add(message);
        }

        PublishResponse response = await host.Client.UnaryAsync<PublishResponse>("Publish", request);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), response.Results.Select(result => result.Offset));
        FetchResponse fetched = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t", Partition = 1 });
        Assert.Equal(request.Messages.Select(message => (message.Value, message.Priority)), fetched.Messages.Select(message => (message.Value, message.Priority)));
    }

    [Fact]
    public async Task A_request_refused_as_a_whole_fails_the_call()
    {
        await using GrpcHost host = await StartAsync(partitions: 2, maxMessageBytes: 1024);
        await RefusedAsync(host, new PublishRequest { Topic = "none", Messages = { Message("k", "v") } }, GrpcStatusCode.NotFound, "UNKNOWN_TOPIC");
        await RefusedAsync(host, new PublishRequest { Topic = "../x", Messages = { Message("k", "v") } }, GrpcStatusCode.InvalidArgument, "INVALID_TOPIC_NAME");
        await RefusedAsync(host, new PublishRequest { Topic = "t" }, GrpcStatusCode.InvalidArgument, "INVALID_ARGUMENT");
        await RefusedAsync(host, new PublishRequest { Topic = "t", Partition = 2, Messages = { Message("k", "v") } }, GrpcStatusCode.NotFound, "UNKNOWN_PARTITION");
        await RefusedAsync(host, new PublishRequest { Topic = "t", Partition = -1, Messages = { Message("k", "v") } }, GrpcStatusCode.NotFound, "UNKNOWN_PARTITION");
        await RefusedAsync(host, new PublishRequest { Topic = "t", Acks = (Acks)9, Messages = { Message("k", "v") } }, GrpcStatusCode.InvalidArgument, "INVALID_ARGUMENT");
        await RefusedAsync(host, new PublishRequest { Topic = "t", Messages = { Message("k", new string('x', 2000)) } }, GrpcStatusCode.InvalidArgument, "MESSAGE_TOO_LARGE");
        await RefusedAsync(host, new PublishRequest { Topic = "t", Messages = { new Contracts.V1.Message { TimestampMs = -5 } } }, GrpcStatusCode.InvalidArgument, "INVALID_ARGUMENT");
        PublishRequest many = new() { Topic = "t" };
        many.Messages.AddRange(Enumerable.Range(0, 10_001).Select(_ => Message("k", "v")));
        await RefusedAsync(host, many, GrpcStatusCode.InvalidArgument, "INVALID_ARGUMENT");
    }

    [Fact]
    public async Task Without_acks_the_answer_promises_nothing()
    {
        await using GrpcHost host = await StartAsync(partitions: 1);
        PublishResponse response = await host.Client.UnaryAsync<PublishResponse>(
            "Publish", new PublishRequest { Topic = "t", Acks = Acks.None, Messages = { Message("k", "v") } });
        Assert.Equal(-1, Assert.Single(response.Results).Offset);
        Assert.Equal((Acks.None, 0, false), (response.Durability.Acks, response.Durability.Replicas, response.Durability.Flushed));
    }

    [Fact]
    public async Task Fields_come_in_any_order_unknown_ones_are_skipped_and_the_last_one_wins()
    {
        await using GrpcHost host = await StartAsync(partitions: 3);
        using MemoryStream bytes = new();
        bytes.Write([0x78, 0x05]); // field 15, varint: unknown
        bytes.Write(new PublishRequest { Acks = Acks.Leader, Partition = 0, Messages = { Message("k", "v") } }.ToByteArray());
        bytes.Write([0xB3, 0x06, 0x08, 0x01, 0xB4, 0x06]); // field 102, a group with a field inside: unknown
        bytes.Write([0xBD, 0x06, 1, 2, 3, 4, 0xC1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]); // fields 103 fixed32, 104 fixed64: unknown
        bytes.Write(new PublishRequest { Topic = "other", Partition = 2 }.ToByteArray());
        bytes.Write(new PublishRequest { Topic = "t" }.ToByteArray());
        GrpcAnswer answer = await host.Client.CallRawAsync(Publish, GrpcWireClient.Frame(bytes.ToArray()));
        PublishResponse response = PublishResponse.Parser.ParseFrom(Assert.Single(answer.Messages));
        Assert.Equal(2, Assert.Single(response.Results).Partition);
        Assert.Equal(Acks.Leader, response.Durability.Acks);
    }

    [Fact]
    public async Task Bytes_that_are_not_a_request_are_malformed()
    {
        await using GrpcHost host = await StartAsync(partitions: 1);
        byte[] good = new PublishRequest { Topic = "t", Messages = { Message("key", "value") } }.ToByteArray();
        foreach (byte[] bad in (byte[][])[[0xFF], [0x0A, 0x7F], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x00, 0x00], [0x0C], [0x0A, 0x01, 0xFF], good[..^1]])
        {
            GrpcAnswer answer = await host.Client.CallRawAsync(Publish, GrpcWireClient.Frame(bad));
            Assert.Equal((GrpcStatusCode.InvalidArgument, "MALFORMED_REQUEST"), (answer.Status, answer.ErrorName));
        }

        Assert.Equal(0, host.Broker.Publishes);
    }

    [Fact]
    public async Task A_request_in_many_pieces_is_put_together()
    {
        await using GrpcHost host = await StartAsync(partitions: 1);
        PublishRequest request = new() { Topic = "t", Messages = { Message("k", new string('v', 20_000)), Message("k", "end") } };
        byte[] frame = GrpcWireClient.Frame(request);
        await using GrpcDuplex call = await host.Client.OpenAsync(Publish);
        foreach (byte[] piece in (byte[][])[frame[..1], frame[1..4], frame[4..7], frame[7..9000], frame[9000..^1], frame[^1..]])
        {
            await call.WriteAsync(piece);
        }

        call.CompleteWriting();
        PublishResponse? response = await call.ReadAsync<PublishResponse>();
        Assert.Equal([0L, 1], response!.Results.Select(result => result.Offset));
        Assert.Equal(GrpcStatusCode.Ok, (await call.EndAsync()).Status);
    }

    [Fact]
    public async Task A_deadline_ends_the_wait_for_the_answer_and_the_write_stands()
    {
        await using GrpcHost host = await StartAsync(partitions: 1);
        using (host.Broker.HoldAnswers())
        {
            GrpcAnswer answer = await host.Client.CallAsync(Publish, new PublishRequest { Topic = "t", Messages = { Message("k", "v") } }, ("grpc-timeout", "1S"));
            Assert.Equal(GrpcStatusCode.DeadlineExceeded, answer.Status);
        }

        Assert.Equal("v", (await FetchOneAsync(host, 0, 0)).Value.ToStringUtf8());
    }

    [Fact]
    public async Task A_broker_that_throws_is_an_internal_error_and_the_server_goes_on()
    {
        await using GrpcHost host = await StartAsync(partitions: 1);
        host.Broker.NextPublishThrows = new InvalidOperationException("test");
        await RefusedAsync(host, new PublishRequest { Topic = "t", Messages = { Message("k", "v") } }, GrpcStatusCode.Internal, "INTERNAL");
        PublishResponse response = await host.Client.UnaryAsync<PublishResponse>("Publish", new PublishRequest { Topic = "t", Messages = { Message("k", "v") } });
        Assert.Equal(0, Assert.Single(response.Results).Offset);
    }

    [Fact]
    public async Task A_unary_call_takes_exactly_one_message()
    {
        await using GrpcHost host = await StartAsync(partitions: 1);
        byte[] one = GrpcWireClient.Frame(new PublishRequest { Topic = "t", Messages = { Message("k", "v") } });
        Assert.Equal("MALFORMED_REQUEST", (await host.Client.CallRawAsync(Publish, [.. one, .. one])).ErrorName);
        Assert.Equal("MALFORMED_REQUEST", (await host.Client.CallRawAsync(Publish, [])).ErrorName);
        Assert.Equal("MALFORMED_REQUEST", (await host.Client.CallRawAsync(Publish, one[..^3])).ErrorName);
        Assert.Equal(0, host.Broker.Publishes);
    }

    [Fact]
    public async Task A_unary_call_that_sends_no_message_ends_in_time()
    {
        await using GrpcHost host = await StartAsync(partitions: 1, limits: new GrpcLimits { MessageTimeout = TimeSpan.FromMilliseconds(200) });
        await using GrpcDuplex call = await host.Client.OpenAsync(Publish);
        GrpcAnswer answer = await call.EndAsync();
        Assert.Equal((GrpcStatusCode.DeadlineExceeded, "TIMEOUT"), (answer.Status, answer.ErrorName));
        Assert.Equal(0, host.Watchdog.Count);
    }

    internal static async Task<GrpcHost> StartAsync(int partitions, int? maxMessageBytes = null, GrpcLimits? limits = null)
    {
        GrpcHost host = await GrpcHost.StartAsync(limits);
        TopicSettingsPatch settings = new() { MaxMessageBytes = maxMessageBytes };
        Assert.True((await host.Broker.CreateAsync(new CreateTopic("t", partitions, settings), default)).IsOk);
        return host;
    }

    private static async Task RefusedAsync(GrpcHost host, PublishRequest request, GrpcStatusCode status, string error)
    {
        GrpcAnswer answer = await host.Client.CallAsync(Publish, request);
        Assert.Equal((status, error), (answer.Status, answer.ErrorName));
        Assert.Empty(answer.Messages);
    }

    private static async Task<Contracts.V1.Message> FetchOneAsync(GrpcHost host, int partition, long offset)
    {
        FetchResponse response = await host.Client.UnaryAsync<FetchResponse>(
            "Fetch", new FetchRequest { Topic = "t", Partition = partition, Offset = offset, MaxMessages = 1 });
        return Assert.Single(response.Messages);
    }

    private static Contracts.V1.Message Message(string? key, string value)
    {
        Contracts.V1.Message message = new() { Value = ByteString.CopyFromUtf8(value) };
        if (key is not null)
        {
            message.Key = ByteString.CopyFromUtf8(key);
        }

        return message;
    }
}
