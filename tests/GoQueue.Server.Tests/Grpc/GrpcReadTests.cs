using System.Text;
using GoQueue.Broker.Requests;
using GoQueue.Contracts.V1;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Grpc;
using GoQueue.Server.Grpc.Protocol;
using FetchRequest = GoQueue.Contracts.V1.FetchRequest;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>Fetch and Subscribe: positions, formats, what is left out, bounds, and every way to end.</summary>
public sealed partial class GrpcReadTests
{
    private const string Subscribe = GrpcWireClient.Service + "Subscribe";

    [Fact]
    public async Task Messages_begin_at_the_offset_asked_for_also_inside_a_batch()
    {
        await using GrpcHost host = await StartAsync(Batch("a", "b", "c"), Batch("d"));
        Assert.Equal(["b", "c", "d"], await SubscribeAsync(host, new SubscribeRequest { Topic = "t", Offset = 1, MaxMessages = 3 }));
        Assert.Equal(["a"], await SubscribeAsync(host, new SubscribeRequest { Topic = "t", MaxMessages = 1 }));
        Assert.Equal(["c", "d"], await SubscribeAsync(host, new SubscribeRequest { Topic = "t", FromTimeMs = 1002, MaxMessages = 2 }));
    }

    [Fact]
    public async Task The_end_means_what_comes_from_now_on()
    {
        await using GrpcHost host = await StartAsync(Batch("old"));
        await using GrpcDuplex end = await OpenAsync(host, new SubscribeRequest { Topic = "t", Offset = -1 });
        await using GrpcDuplex later = await OpenAsync(host, new SubscribeRequest { Topic = "t", FromTimeMs = 9_000_000 });
        await end.Response; // the headers come once the start is settled
        await later.Response;
        await AppendAsync(host, Batch("new"));
        foreach (GrpcDuplex call in (GrpcDuplex[])[end, later])
        {
            SubscribeResponse? response = await call.ReadAsync<SubscribeResponse>();
            Assert.Equal(("new", 1L, 2L), (Assert.Single(response!.Messages).Value.ToStringUtf8(), response.Messages[0].Offset, response.NextOffset));
        }
    }

    [Fact]
    public async Task Raw_batches_are_the_stored_bytes()
    {
        byte[] first = Batch("a", "b");
        byte[] second = Batch(CompressionCodec.Gzip, "c", new string('x', 5000));
        await using GrpcHost host = await StartAsync(first, second);
        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t", Offset = 1, Format = SubscribeFormat.Batches });
        SubscribeResponse? response = await call.ReadAsync<SubscribeResponse>();
        RecordBatchHeader.Stamp(first, Offset.Zero, LeaderEpoch.Zero);
        RecordBatchHeader.Stamp(second, new Offset(2), LeaderEpoch.Zero);
        Assert.Equal([.. first, .. second], response!.Batches.ToByteArray());
        Assert.Equal((4L, 4L, 0L, 0), (response.NextOffset, response.HighWatermark, response.LogStartOffset, response.Messages.Count));
        await AppendAsync(host, Batch("live"));
        Assert.Equal(5, (await call.ReadAsync<SubscribeResponse>())!.NextOffset);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(5, 6)]
    public async Task Raw_batches_end_with_the_batch_that_holds_the_last_message_asked_for(int asked, int expectedNext)
    {
        await using GrpcHost host = await StartAsync(Batch("a", "b"), Batch("c"), Batch("d", "e", "f"), Batch("g"));
        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t", Format = SubscribeFormat.Batches, MaxMessages = asked });
        SubscribeResponse? response = await call.ReadAsync<SubscribeResponse>();
        Assert.Equal(expectedNext, response!.NextOffset);
        int records = 0;
        foreach (ReadOnlySpan<byte> batch in new RecordBatchSequence(response.Batches.Span))
        {
            records += new RecordBatchHeader(batch).RecordCount;
        }

        Assert.Equal(expectedNext, records);
        GrpcAnswer end = await call.EndAsync();
        Assert.Equal((GrpcStatusCode.Ok, 0), (end.Status, end.Messages.Count));
    }

    [Fact]
    public async Task State_records_and_expired_messages_are_left_out()
    {
        await using GrpcHost host = await StartAsync(Batch("a"));
        await AppendUncheckedAsync(host, Control());
        await AppendAsync(host, WithTtl("gone", 1000, "10"));
        await AppendAsync(host, WithTtl("kept: lives for ever", 1000, "9223372036854775807"));
        await AppendAsync(host, WithTtl("kept: not a number", 1000, "soon"));
        await AppendAsync(host, WithTtl("kept: young", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), "600000"));
        string[] expected = ["a", "kept: lives for ever", "kept: not a number", "kept: young"];
        Assert.Equal(expected, await SubscribeAsync(host, new SubscribeRequest { Topic = "t", MaxMessages = 4 }));
        FetchResponse fetched = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t" });
        Assert.Equal(expected, fetched.Messages.Select(message => message.Value.ToStringUtf8()));
        Assert.Equal([0L, 3, 4, 5], fetched.Messages.Select(message => message.Offset));
    }

    [Fact]
    public async Task A_stretch_without_anything_to_show_is_passed_over()
    {
        await using GrpcHost host = await StartAsync();
        await AppendUncheckedAsync(host, Control());
        await AppendAsync(host, WithTtl("gone", 1000, "10"));
        FetchResponse empty = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t" });
        Assert.Equal((0, 2L, 2L), (empty.Messages.Count, empty.NextOffset, empty.HighWatermark));
        await AppendAsync(host, Batch("shown"));
        FetchResponse small = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t", MaxBytes = 1 });
        Assert.Equal(("shown", 3L), (Assert.Single(small.Messages).Value.ToStringUtf8(), small.NextOffset));
    }

    [Fact]
    public async Task Responses_are_cut_at_their_size_and_miss_nothing()
    {
        string[] values = [.. Enumerable.Range(0, 200).Select(i => $"{i}:" + new string('x', 500))];
        await using GrpcHost host = await StartAsync(Batch(CompressionCodec.Gzip, values), Batch(values));
        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t", MaxBytes = 10_000, MaxMessages = 400 });
        List<string> read = [];
        long next = 0;
        while (await call.ReadAsync<SubscribeResponse>() is { } response)
        {
            Assert.InRange(response.CalculateSize(), 1, 10_100);
            Assert.Equal(next, response.Messages[0].Offset);
            next = response.NextOffset;
            Assert.Equal(next - 1, response.Messages[^1].Offset);
            read.AddRange(response.Messages.Select(message => message.Value.ToStringUtf8()));
        }

        Assert.Equal([.. values, .. values], read);
    }

    [Fact]
    public async Task Fetch_obeys_counts_sizes_and_goes_on_where_it_stopped()
    {
        await using GrpcHost host = await StartAsync(Batch("a", "b", "c"), Batch("d", "e"));
        List<string> read = [];
        long next = 0;
        while (next < 5)
        {
            FetchResponse response = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t", Offset = next, MaxMessages = 2 });
            Assert.InRange(response.Messages.Count, 1, 2);
            Assert.Equal((5L, 0L), (response.HighWatermark, response.LogStartOffset));
            read.AddRange(response.Messages.Select(message => message.Value.ToStringUtf8()));
            next = response.NextOffset;
        }

        Assert.Equal(["a", "b", "c", "d", "e"], read);
    }

    [Fact]
    public async Task Fetch_waits_for_the_first_message_as_long_as_it_is_told()
    {
        await using GrpcHost host = await StartAsync();
        FetchResponse nothing = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t", WaitMs = 50 });
        Assert.Equal((0, 0L), (nothing.Messages.Count, nothing.NextOffset));
        Task<FetchResponse> waiting = host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t", WaitMs = 20_000 });
        await AppendAsync(host, Batch("came"));
        Assert.Equal("came", Assert.Single((await waiting).Messages).Value.ToStringUtf8());
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public async Task An_offset_outside_of_the_log_is_refused_and_the_range_named(long offset)
    {
        await using GrpcHost host = await StartAsync(Batch("a"), Batch("b", "c"));
        host.Broker.DeleteBelow(Partition(host), new Offset(1));
        foreach (GrpcAnswer answer in (GrpcAnswer[])
        [
            await host.Client.CallAsync(Subscribe, new SubscribeRequest { Topic = "t", Offset = offset }),
            await host.Client.CallAsync(Subscribe, new SubscribeRequest { Topic = "t", Offset = offset, Format = SubscribeFormat.Batches }),
            await host.Client.CallAsync(GrpcWireClient.Service + "Fetch", new FetchRequest { Topic = "t", Offset = offset }),
        ])
        {
            Assert.Equal((GrpcStatusCode.OutOfRange, "OFFSET_OUT_OF_RANGE"), (answer.Status, answer.ErrorName));
            Assert.Contains("[1, 3]", answer.Message);
        }

        GetOffsetsResponse range = await host.Client.UnaryAsync<GetOffsetsResponse>("GetOffsets", new GetOffsetsRequest { Topic = "t" });
        Assert.Equal((1L, 3L, false), (range.LogStartOffset, range.HighWatermark, range.HasOffsetForTime));
    }

    [Theory]
    [InlineData(SubscribeFormat.Batches)]
    [InlineData(SubscribeFormat.Messages)]
    public async Task E7_answers_name_the_epoch_of_the_last_record_and_a_reader_of_another_history_is_told_where_they_part(SubscribeFormat format)
    {
        await using GrpcHost host = await StartAsync(Batch("a"));
        host.Broker[Partition(host)].Epoch = new LeaderEpoch(3);
        await AppendAsync(host, Batch("b", "c"));
        SubscribeRequest all = new() { Topic = "t", Format = format, MaxMessages = 3, LeaderEpoch = 3 };
        await using GrpcDuplex whole = await OpenAsync(host, all);
        Assert.Equal(3, (await whole.ReadAsync<SubscribeResponse>())!.LastEpoch);
        await using GrpcDuplex one = await OpenAsync(host, new SubscribeRequest { Topic = "t", Format = format, MaxMessages = 1 });
        SubscribeResponse? first = await one.ReadAsync<SubscribeResponse>();
        Assert.Equal((true, 0), (first!.HasLastEpoch, first.LastEpoch)); // epoch 0 is not the same as none
        await using GrpcDuplex atEnd = await OpenAsync(host, new SubscribeRequest { Topic = "t", Format = format, Offset = 3, LastEpoch = 3 });
        Assert.Equal("3", (await atEnd.Response).Headers.GetValues("goqueue-last-epoch").Single());

        host.Broker[Partition(host)].LoseNewest(1);
        host.Broker[Partition(host)].Epoch = new LeaderEpoch(4);
        await AppendAsync(host, Batch("x", "y", "z"));
        GrpcAnswer truncated = await host.Client.CallAsync(Subscribe, new SubscribeRequest { Topic = "t", Format = format, Offset = 3, LastEpoch = 3, LeaderEpoch = 4 });
        Assert.Equal((GrpcStatusCode.DataLoss, "LOG_TRUNCATED"), (truncated.Status, truncated.ErrorName));
        Assert.Equal(("1", "0"), (truncated.Headers["goqueue-diverging-offset"].Single(), truncated.Headers["goqueue-diverging-epoch"].Single()));
        GrpcAnswer open = await atEnd.EndAsync(); // one that waited at the end is told as well, not given what stands there now
        Assert.Equal("LOG_TRUNCATED", open.ErrorName);
        Assert.Empty(open.Messages);
        Assert.Equal("FENCED_LEADER_EPOCH", (await host.Client.CallAsync(Subscribe, all)).ErrorName);
        Assert.Equal("UNKNOWN_LEADER_EPOCH", (await host.Client.CallAsync(Subscribe, new SubscribeRequest { Topic = "t", LeaderEpoch = 5 })).ErrorName);
    }

    [Fact]
    public async Task E7_a_fetch_checks_the_epoch_that_the_fetch_before_it_named()
    {
        await using GrpcHost host = await StartAsync(Batch("a"), Batch("b"));
        FetchResponse fetched = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t" });
        Assert.Equal((2L, true, 0), (fetched.NextOffset, fetched.HasLastEpoch, fetched.LastEpoch));
        FetchRequest next = new() { Topic = "t", Offset = 2, LastEpoch = 0 };
        Assert.Equal(0, (await host.Client.UnaryAsync<FetchResponse>("Fetch", next)).LastEpoch);
        host.Broker[Partition(host)].LoseNewest(1);
        GrpcAnswer truncated = await host.Client.CallAsync(GrpcWireClient.Service + "Fetch", next);
        Assert.Equal(("LOG_TRUNCATED", "1", "0"), (truncated.ErrorName, truncated.Headers["goqueue-diverging-offset"].Single(), truncated.Headers["goqueue-diverging-epoch"].Single()));
        foreach (FetchRequest wrong in (FetchRequest[])[new() { Topic = "t", LastEpoch = 0 }, new() { Topic = "t", Offset = -1, LastEpoch = 0 }, new() { Topic = "t", Offset = 1, LastEpoch = -4 }])
        {
            Assert.Equal("INVALID_ARGUMENT", (await host.Client.CallAsync(GrpcWireClient.Service + "Fetch", wrong)).ErrorName);
        }
    }

    [Fact]
    public async Task Arguments_that_make_no_sense_are_refused()
    {
        await using GrpcHost host = await StartAsync();
        await RefusedAsync(new SubscribeRequest { Topic = "none" }, GrpcStatusCode.NotFound, "UNKNOWN_TOPIC");
        await RefusedAsync(new SubscribeRequest { Topic = "t", Partition = 1 }, GrpcStatusCode.NotFound, "UNKNOWN_PARTITION");
        await RefusedAsync(new SubscribeRequest { Topic = "t", Partition = -1 }, GrpcStatusCode.NotFound, "UNKNOWN_PARTITION");
        await RefusedAsync(new SubscribeRequest { Topic = "t", MaxMessages = -1 }, GrpcStatusCode.InvalidArgument, "INVALID_ARGUMENT");
        await RefusedAsync(new SubscribeRequest { Topic = "t", MaxBytes = -1 }, GrpcStatusCode.InvalidArgument, "INVALID_ARGUMENT");
        await RefusedAsync(new SubscribeRequest { Topic = "t", Format = (SubscribeFormat)5 }, GrpcStatusCode.InvalidArgument, "INVALID_ARGUMENT");

        async Task RefusedAsync(SubscribeRequest request, GrpcStatusCode status, string error)
        {
            GrpcAnswer answer = await host.Client.CallAsync(Subscribe, request);
            Assert.Equal((status, error), (answer.Status, answer.ErrorName));
        }
    }

    [Fact]
    public async Task A_deadline_ends_a_subscription_that_waits()
    {
        await using GrpcHost host = await StartAsync();
        GrpcAnswer answer = await host.Client.CallAsync(Subscribe, new SubscribeRequest { Topic = "t" }, ("grpc-timeout", "100m"));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, answer.Status);
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, (await host.Client.CallAsync(
            GrpcWireClient.Service + "Fetch", new FetchRequest { Topic = "t", WaitMs = 20_000 }, ("grpc-timeout", "100m"))).Status);
        Assert.Equal(0, host.Broker.Waiting);
    }

    [Fact]
    public async Task A_cancelled_subscription_stops_waiting_in_the_broker()
    {
        await using GrpcHost host = await StartAsync();
        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t" });
        await call.Response;
        await Eventually.TrueAsync(() => host.Broker.Waiting == 1);
        await call.CancelAsync();
        await Eventually.TrueAsync(() => host.Broker.Waiting == 0);
    }

    [Fact]
    public async Task A_node_that_stops_ends_subscriptions_and_waiting_fetches()
    {
        await using GrpcHost host = await StartAsync();
        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t" });
        await call.Response;
        Task<GrpcAnswer> fetch = host.Client.CallAsync(GrpcWireClient.Service + "Fetch", new FetchRequest { Topic = "t", WaitMs = 20_000 });
        await Eventually.TrueAsync(() => host.Broker.Waiting == 2);
        await host.StopAsync();
        foreach (GrpcAnswer answer in (GrpcAnswer[])[await call.EndAsync(), await fetch])
        {
            Assert.Equal((GrpcStatusCode.Unavailable, "SHUTTING_DOWN"), (answer.Status, answer.ErrorName));
        }
    }

    [Fact]
    public async Task A_topic_deleted_under_a_subscription_ends_it()
    {
        await using GrpcHost host = await StartAsync(Batch("a"));
        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t" });
        Assert.NotNull(await call.ReadAsync<SubscribeResponse>());
        await host.Broker.DeleteAsync("t", default);
        GrpcAnswer answer = await call.EndAsync();
        Assert.Equal((GrpcStatusCode.NotFound, "UNKNOWN_PARTITION"), (answer.Status, answer.ErrorName));
    }

    [Theory]
    [InlineData(SubscribeFormat.Batches)]
    [InlineData(SubscribeFormat.Messages)]
    public async Task A_client_that_never_reads_holds_little_and_is_cut_off_in_time(SubscribeFormat format)
    {
        byte[][] log = [.. Enumerable.Range(0, 64).Select(_ => Batch(new string('x', 1 << 19), new string('y', 1 << 18)))];
        GrpcLimits limits = new() { WriteTimeout = TimeSpan.FromMilliseconds(500) };
        await using GrpcHost host = await GrpcPublishTests.StartAsync(partitions: 1, limits: limits);
        foreach (byte[] batch in log)
        {
            await AppendAsync(host, batch);
        }

        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t", Format = format });
        await call.Response;
        await Eventually.TrueAsync(() => host.Watchdog.Count == 1);
        await Eventually.TrueAsync(() => host.Watchdog.Count == 0 && host.Broker.Waiting == 0);
        Assert.InRange(host.Broker.Fetches, 1, 32); // of 64: the window of the client, one result being written, one fetched ahead
        await Assert.ThrowsAnyAsync<IOException>(call.EndAsync);
    }

    [Fact]
    public async Task A_batch_that_cannot_be_decoded_ends_the_subscription_and_says_where_to_go_on()
    {
        await using GrpcHost host = await StartAsync(Batch("a"));
        byte[] broken = Batch(CompressionCodec.Gzip, new string('x', 1000));
        broken.AsSpan(RecordBatchLayout.HeaderSize + 12).Fill(0xFF);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(broken.AsSpan(RecordBatchLayout.Crc), Crc32C.Compute(RecordBatchHeader.CrcCovered(broken)));
        await AppendUncheckedAsync(host, broken);
        await using GrpcDuplex call = await OpenAsync(host, new SubscribeRequest { Topic = "t" });
        Assert.Equal("a", Assert.Single((await call.ReadAsync<SubscribeResponse>())!.Messages).Value.ToStringUtf8());
        GrpcAnswer answer = await call.EndAsync();
        Assert.Equal((GrpcStatusCode.DataLoss, "CORRUPT_LOG"), (answer.Status, answer.ErrorName));
        Assert.Contains("go on reading at 2", answer.Message);
    }

    [Fact]
    public async Task A_header_name_that_is_not_UTF8_does_not_break_the_response()
    {
        await using GrpcHost host = await StartAsync();
        byte[] batch = WithHeader("a?c");
        int name = batch.AsSpan().IndexOf("a?c"u8);
        batch[name + 1] = 0xFF;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(RecordBatchLayout.Crc), Crc32C.Compute(RecordBatchHeader.CrcCovered(batch)));
        await AppendAsync(host, batch);
        FetchResponse response = await host.Client.UnaryAsync<FetchResponse>("Fetch", new FetchRequest { Topic = "t" });
        Assert.Equal("a\uFFFDc", Assert.Single(Assert.Single(response.Messages).Headers).Key);
    }
}
