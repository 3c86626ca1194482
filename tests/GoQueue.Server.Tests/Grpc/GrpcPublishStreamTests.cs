using System.Buffers.Binary;
using GoQueue.Broker.Requests;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Grpc;
using GoQueue.Server.Grpc.Protocol;
using Google.Protobuf;
using Acks = GoQueue.Contracts.V1.Acks;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>Publish streams: framing, bounds, order, and every way to end.</summary>
public sealed class GrpcPublishStreamTests
{
    private const string PublishStream = GrpcWireClient.Service + "PublishStream";

    [Fact]
    public async Task Every_request_gets_one_answer_and_the_topic_is_remembered()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 2);
        await host.Broker.CreateAsync(new CreateTopic("other", 1, TopicSettingsPatch.Nothing), default);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        await call.WriteAsync(Request(1, GrpcBytes.Batch("a", "b"), topic: "t"));
        await call.WriteAsync(Request(2, GrpcBytes.Batch("c")));
        await call.WriteAsync(Request(3, GrpcBytes.Batch("d"), partition: 1));
        await call.WriteAsync(Request(4, GrpcBytes.Batch("e"), topic: "other"));
        await call.WriteAsync(Request(5, GrpcBytes.Batch("f")));
        await call.WriteAsync(Request(6, GrpcBytes.Batch("g"), topic: "t", acks: Acks.None));
        Dictionary<ulong, PublishStreamResponse> answers = await ReadAsync(call, 6);
        Assert.Equal([0L, 2, 0, 0, 1, -1], Enumerable.Range(1, 6).Select(id => answers[(ulong)id].BaseOffset));
        Assert.All(answers.Values, answer => Assert.Equal(0, (int)answer.Error));
        Assert.Equal((Acks.All, 1, true), (answers[1].Durability.Acks, answers[1].Durability.Replicas, answers[1].Durability.Flushed));
        Assert.Equal(1001, answers[1].TimestampMs);
        Assert.Equal(Acks.None, answers[6].Durability.Acks);
        call.CompleteWriting();
        Assert.Equal(GrpcStatusCode.Ok, (await call.EndAsync()).Status);
    }

    [Fact]
    public async Task Messages_cut_anywhere_and_messages_glued_together_are_the_same()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        byte[] frames = [.. GrpcWireClient.Frame(Request(1, GrpcBytes.Batch("a"), topic: "t")), .. GrpcWireClient.Frame(Request(2, GrpcBytes.Batch("b")))];
        await using GrpcDuplex pieces = await host.Client.OpenAsync(PublishStream);
        foreach (byte b in frames)
        {
            await pieces.WriteAsync([b]);
        }

        Assert.Equal([0L, 1], (await ReadAsync(pieces, 2)).Values.Select(answer => answer.BaseOffset));
        await using GrpcDuplex glued = await host.Client.OpenAsync(PublishStream);
        byte[] many = [.. Enumerable.Repeat(frames, 100).SelectMany(bytes => bytes)];
        await glued.WriteAsync(many);
        glued.CompleteWriting();
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(2 + i, (await glued.ReadAsync<PublishStreamResponse>())!.BaseOffset);
        }

        Assert.Equal(GrpcStatusCode.Ok, (await glued.EndAsync()).Status);
    }

    [Fact]
    public async Task A_bad_batch_is_answered_with_its_code_and_the_call_stays_up()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1, maxMessageBytes: 64 << 10);
        byte[] good = GrpcBytes.Batch("hello").ToByteArray();
        (byte[] Batch, Core.ErrorCode Expected)[] cases =
        [
            ([], Core.ErrorCode.CorruptBatch),
            (good[..30], Core.ErrorCode.CorruptBatch),
            (good[..^1], Core.ErrorCode.CorruptBatch),
            (Changed(good, RecordBatchLayout.Crc, b => (byte)(b + 1)), Core.ErrorCode.CorruptBatch),
            (Changed(good, RecordBatchLayout.Magic, _ => 1), Core.ErrorCode.UnsupportedBatchVersion),
            (Changed(good, RecordBatchLayout.RecordCount + 3, _ => 9, fixCrc: true), Core.ErrorCode.CorruptBatch),
            (Changed(good, RecordBatchLayout.BatchLength, _ => 0xFF), Core.ErrorCode.CorruptBatch),
            (GrpcBytes.Batch(new string('x', 100 << 10)).ToByteArray(), Core.ErrorCode.MessageTooLarge),
            (Changed(good, RecordBatchLayout.Attributes + 1, _ => 4, fixCrc: true), Core.ErrorCode.UnsupportedCompression),
        ];
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        ulong id = 0;
        foreach ((byte[] batch, Core.ErrorCode expected) in cases)
        {
            await call.WriteAsync(Request(++id, ByteString.CopyFrom(batch), topic: "t"));
            PublishStreamResponse? refused = await call.ReadAsync<PublishStreamResponse>();
            Assert.Equal((id, (int)expected, -1L), (refused!.CorrelationId, (int)refused.Error, refused.BaseOffset));
            Assert.NotEqual("", refused.Detail);
        }

        await call.WriteAsync(Request(100, ByteString.CopyFrom(good), topic: "t"));
        Assert.Equal(0, (await call.ReadAsync<PublishStreamResponse>())!.BaseOffset);
    }

    [Fact]
    public async Task A_decompression_bomb_is_refused_and_the_call_stays_up()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        ByteString bomb = GrpcBytes.Batch(CompressionCodec.Gzip, [.. Enumerable.Repeat(new string('x', 8 << 20), 9)]);
        Assert.InRange(bomb.Length, 1, 1 << 20);
        await call.WriteAsync(Request(1, bomb, topic: "t"));
        Assert.Equal((int)Core.ErrorCode.DecompressionTooLarge, (int)(await call.ReadAsync<PublishStreamResponse>())!.Error);
        await call.WriteAsync(Request(2, GrpcBytes.Batch(CompressionCodec.Gzip, new string('x', 1 << 20))));
        Assert.Equal(0, (await call.ReadAsync<PublishStreamResponse>())!.BaseOffset);
    }

    [Fact]
    public async Task What_names_no_partition_is_refused_and_the_call_stays_up()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        ByteString batch = GrpcBytes.Batch("v");
        (PublishStreamRequest Request, Core.ErrorCode Expected)[] cases =
        [
            (Request(0, batch), Core.ErrorCode.InvalidArgument), // no topic named yet, and correlation id 0 is as good as any
            (Request(1, batch, topic: "none"), Core.ErrorCode.UnknownTopic),
            (Request(2, batch, topic: new string('x', 5000)), Core.ErrorCode.InvalidTopicName),
            (Request(3, batch, topic: "a/../b"), Core.ErrorCode.InvalidTopicName),
            (Request(4, batch, topic: "t", partition: 1), Core.ErrorCode.UnknownPartition),
            (Request(5, batch, topic: "t", partition: -1), Core.ErrorCode.UnknownPartition),
            (Request(6, batch, topic: "t", acks: (Acks)7), Core.ErrorCode.InvalidArgument),
        ];
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        foreach ((PublishStreamRequest request, Core.ErrorCode expected) in cases)
        {
            await call.WriteAsync(request);
            PublishStreamResponse? refused = await call.ReadAsync<PublishStreamResponse>();
            Assert.Equal((request.CorrelationId, (int)expected), (refused!.CorrelationId, (int)refused.Error));
        }

        await call.WriteAsync(Request(7, batch));
        Assert.Equal(0, (await call.ReadAsync<PublishStreamResponse>())!.BaseOffset);
    }

    [Fact]
    public async Task A_topic_made_again_under_its_name_is_followed()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        await call.WriteAsync(Request(1, GrpcBytes.Batch("a", "b"), topic: "t"));
        Assert.Equal(0, (await call.ReadAsync<PublishStreamResponse>())!.BaseOffset);
        await host.Broker.DeleteAsync("t", default);
        await call.WriteAsync(Request(2, GrpcBytes.Batch("c")));
        Assert.Equal((int)Core.ErrorCode.UnknownTopic, (int)(await call.ReadAsync<PublishStreamResponse>())!.Error);
        await host.Broker.CreateAsync(new CreateTopic("t", 5, TopicSettingsPatch.Nothing), default);
        await call.WriteAsync(Request(3, GrpcBytes.Batch("d"), partition: 4));
        Assert.Equal((0L, 0), await call.ReadAsync<PublishStreamResponse>() is { } made ? (made.BaseOffset, (int)made.Error) : default);
    }

    [Fact]
    public async Task Answers_of_one_partition_keep_their_order_and_other_partitions_do_not_wait_for_them()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 2);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        IDisposable held = host.Broker.HoldAnswers();
        await call.WriteAsync(Request(1, GrpcBytes.Batch("slow"), topic: "t"));
        await Eventually.TrueAsync(() => host.Broker.Publishes == 1);
        using (host.Broker.HoldAnswers())
        {
            // Replaces the hold: what comes now is released before the first.
        }

        await call.WriteAsync(Request(2, GrpcBytes.Batch("same partition")));
        await call.WriteAsync(Request(3, GrpcBytes.Batch("other partition"), partition: 1));
        Assert.Equal(3ul, (await call.ReadAsync<PublishStreamResponse>())!.CorrelationId);
        held.Dispose();
        Assert.Equal(1ul, (await call.ReadAsync<PublishStreamResponse>())!.CorrelationId);
        Assert.Equal(2ul, (await call.ReadAsync<PublishStreamResponse>())!.CorrelationId);
    }

    [Theory]
    [InlineData(4, 1 << 30)]
    [InlineData(1000, 300)]
    public async Task Reading_stops_at_the_bound_of_what_is_unanswered(int batches, long bytes)
    {
        GrpcLimits limits = new() { StreamInFlightBatches = batches, StreamInFlightBytes = bytes };
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1, limits: limits);
        ByteString batch = GrpcBytes.Batch("0123456789"); // about 80 bytes: four of them reach 300
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        using (host.Broker.HoldAnswers())
        {
            for (ulong i = 1; i <= 20; i++)
            {
                await call.WriteAsync(Request(i, batch, topic: "t"));
            }

            await Eventually.TrueAsync(() => host.Broker.Publishes == 4);
            await host.Client.UnaryAsync<ListTopicsResponse>("ListTopics", new ListTopicsRequest()); // the server has had the time to take more
            Assert.Equal(4, host.Broker.Publishes);
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), (await ReadAsync(call, 20)).Values.Select(answer => answer.BaseOffset));
    }

    [Fact]
    public async Task Half_a_message_and_then_silence_ends_the_call_in_time()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1, limits: new GrpcLimits { MessageTimeout = TimeSpan.FromMilliseconds(200) });
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        byte[] frame = GrpcWireClient.Frame(Request(1, GrpcBytes.Batch("v"), topic: "t"));
        await call.WriteAsync([.. frame, .. frame[..20]]);
        Assert.Equal(0, (await call.ReadAsync<PublishStreamResponse>())!.BaseOffset);
        GrpcAnswer answer = await call.EndAsync();
        Assert.Equal((GrpcStatusCode.DeadlineExceeded, "TIMEOUT"), (answer.Status, answer.ErrorName));
    }

    [Fact]
    public async Task Silence_between_messages_is_fine()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1, limits: new GrpcLimits { MessageTimeout = TimeSpan.FromMilliseconds(50) });
        await using GrpcDuplex idle = await host.Client.OpenAsync(PublishStream);
        await idle.Response;
        await using GrpcDuplex stuck = await host.Client.OpenAsync(PublishStream);
        await stuck.WriteAsync([0, 0]);
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, (await stuck.EndAsync()).Status); // longer than the time-out has passed for the idle one too
        await idle.WriteAsync(Request(1, GrpcBytes.Batch("v"), topic: "t"));
        Assert.Equal(0, (await idle.ReadAsync<PublishStreamResponse>())!.BaseOffset);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0x00, 0x40, 0x00, 0x01 }, (int)GrpcStatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE")] // one byte over 4 MiB
    [InlineData(new byte[] { 0, 0x7F, 0xFF, 0xFF, 0xFF }, (int)GrpcStatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE")]
    [InlineData(new byte[] { 0, 0xFF, 0xFF, 0xFF, 0xFF }, (int)GrpcStatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE")] // -1 for who reads it signed
    [InlineData(new byte[] { 2, 0, 0, 0, 0 }, (int)GrpcStatusCode.InvalidArgument, "MALFORMED_REQUEST")]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 0x2A, 0x7F }, (int)GrpcStatusCode.InvalidArgument, "MALFORMED_REQUEST")] // a batch of 127 bytes that is not there
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 0 }, (int)GrpcStatusCode.Internal, null)]
    public async Task A_frame_that_cannot_be_taken_ends_the_call_after_the_answers_before_it(byte[] bad, int status, string? error)
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        await call.WriteAsync([.. GrpcWireClient.Frame(Request(1, GrpcBytes.Batch("v"), topic: "t")), .. bad]);
        Assert.Equal(0, (await call.ReadAsync<PublishStreamResponse>())!.BaseOffset);
        GrpcAnswer answer = await call.EndAsync();
        Assert.Equal(((GrpcStatusCode)status, error), (answer.Status, answer.ErrorName));
    }

    [Fact]
    public async Task An_end_inside_a_message_is_malformed()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        await call.WriteAsync([0, 0, 0, 0, 9, 1]);
        call.CompleteWriting();
        GrpcAnswer answer = await call.EndAsync();
        Assert.Equal((GrpcStatusCode.InvalidArgument, "MALFORMED_REQUEST"), (answer.Status, answer.ErrorName));
    }

    [Fact]
    public async Task A_deadline_ends_the_stream_though_answers_are_missing()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        using IDisposable held = host.Broker.HoldAnswers();
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream, ("grpc-timeout", "1S"));
        await call.WriteAsync(Request(1, GrpcBytes.Batch("v"), topic: "t"));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, (await call.EndAsync()).Status);
    }

    [Fact]
    public async Task A_cancelled_stream_leaves_nothing_behind()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        using (host.Broker.HoldAnswers())
        {
            await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
            await call.WriteAsync(Request(1, GrpcBytes.Batch("v"), topic: "t"));
            await call.WriteAsync([0, 0]);
            await Eventually.TrueAsync(() => host.Broker.Publishes == 1 && host.Watchdog.Count == 1);
            await call.CancelAsync();
            await Eventually.TrueAsync(() => host.Watchdog.Count == 0);
        }

        PublishResponse next = await host.Client.UnaryAsync<PublishResponse>(
            "Publish", new Contracts.V1.PublishRequest { Topic = "t", Messages = { new Contracts.V1.Message() } });
        Assert.Equal(1, Assert.Single(next.Results).Offset);
    }

    /// <summary>
    /// Goal: a client that resets its stream is no failure of the node and is not logged as one. Method: many resets, each at another moment of
    /// the call; which of the two Kestrel tells first, the read that fails or the request that is aborted, is a matter of luck.
    /// </summary>
    [Fact]
    public async Task Streams_reset_by_their_client_are_no_errors_of_the_node()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (round, token) =>
        {
            GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
            for (int i = 0; i < round % 40; i++)
            {
                await call.WriteAsync(Request(1, GrpcBytes.Batch(new string('a', 5000)), topic: "t"));
            }

            if (round % 3 == 1)
            {
                await call.WriteAsync(GrpcWireClient.Frame(Request(2, GrpcBytes.Batch("b"), topic: "t"))[..10]);
            }

            if (round % 2 == 0)
            {
                _ = await call.Response;
            }

            await call.CancelAsync();
        });
        await Eventually.TrueAsync(() => host.Watchdog.Count == 0);
        await host.StopAsync();
        Assert.True(host.Failures.Count == 0, string.Join("\n", host.Failures));
    }

    [Fact]
    public async Task A_client_that_never_reads_its_answers_is_cut_off_in_time()
    {
        GrpcLimits limits = new() { WriteTimeout = TimeSpan.FromMilliseconds(300), StreamInFlightBatches = 100 };
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1, limits: limits);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        await call.Response;
        byte[] refused = GrpcWireClient.Frame(Request(1, ByteString.Empty, topic: new string('x', 200))); // its answer is about as long
        byte[] many = [.. Enumerable.Repeat(refused, 100).SelectMany(bytes => bytes)];
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                await call.WriteAsync(many);
            }
        });
        await Eventually.TrueAsync(() => host.Watchdog.Count == 0);
        await host.Client.UnaryAsync<ListTopicsResponse>("ListTopics", new ListTopicsRequest());
    }

    [Fact]
    public async Task A_node_that_stops_answers_what_it_took_and_ends_the_stream()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        Task stopping;
        using (host.Broker.HoldAnswers())
        {
            await call.WriteAsync(Request(1, GrpcBytes.Batch("v"), topic: "t"));
            await Eventually.TrueAsync(() => host.Broker.Publishes == 1);

            // With its own side closed the client sees the whole answer before the end of the connection; a client that still has its side open
            // may look at the closed connection first and drop what it has buffered (SocketsHttpHandler does).
            call.CompleteWriting();
            stopping = host.StopAsync();
        }

        Assert.Equal(0, (await call.ReadAsync<PublishStreamResponse>())!.BaseOffset);
        GrpcAnswer answer = await call.EndAsync();
        Assert.True(answer.Status is GrpcStatusCode.Ok or GrpcStatusCode.Unavailable, $"{answer.Status}");
        await stopping;
    }

    [Fact]
    public async Task A_broker_that_throws_ends_the_stream_with_an_internal_error()
    {
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1);
        host.Broker.NextPublishThrows = new InvalidOperationException("test");
        await using GrpcDuplex call = await host.Client.OpenAsync(PublishStream);
        await call.WriteAsync(Request(1, GrpcBytes.Batch("v"), topic: "t"));
        GrpcAnswer answer = await call.EndAsync();
        Assert.Equal((GrpcStatusCode.Internal, "INTERNAL"), (answer.Status, answer.ErrorName));
    }

    private static PublishStreamRequest Request(ulong id, ByteString batch, string topic = "", int partition = 0, Acks acks = Acks.Unspecified) =>
        new() { CorrelationId = id, Topic = topic, Partition = partition, Acks = acks, Batch = batch };

    private static async Task<Dictionary<ulong, PublishStreamResponse>> ReadAsync(GrpcDuplex call, int count)
    {
        Dictionary<ulong, PublishStreamResponse> answers = [];
        while (answers.Count < count)
        {
            PublishStreamResponse? answer = await call.ReadAsync<PublishStreamResponse>();
            Assert.NotNull(answer);
            answers.Add(answer.CorrelationId, answer);
        }

        return answers;
    }

    private static byte[] Changed(byte[] batch, int at, Func<byte, byte> change, bool fixCrc = false)
    {
        byte[] changed = [.. batch];
        changed[at] = change(changed[at]);
        if (fixCrc)
        {
            BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(RecordBatchLayout.Crc), Crc32C.Compute(RecordBatchHeader.CrcCovered(changed)));
        }

        return changed;
    }
}
