using System.Diagnostics;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Core.Records;
using GoQueue.Metadata.Topics;
using GoQueue.Server.Forwarding;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Forwarding;

/// <summary>Any node answers for any partition: one hop over real connections, refused where nobody leads, never sent twice when nobody knows.</summary>
public sealed class ForwardingTests
{
    private static readonly NodeId N1 = ForwardingWorld.Names[0];
    private static readonly NodeId N2 = ForwardingWorld.Names[1];
    private static readonly NodeId N3 = ForwardingWorld.Names[2];

    private static readonly ForwardingOptions Impatient = new() { LeaderWait = TimeSpan.Zero };

    [Fact]
    public async Task Every_node_stores_a_publish_at_the_leader()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        for (int i = 0; i < world.Nodes.Count; i++)
        {
            PublishReceipt receipt = await world.Nodes[i].Routes.PublishAsync(Publish($"message {i}"));
            Assert.True(receipt.IsOk, receipt.Error.ToString());
            Assert.Equal(new Offset(i), receipt.BaseOffset);
            Assert.Equal(3, receipt.Replicas);
            Assert.True(receipt.Flushed);
        }

        Assert.Equal(3, world[N1].Here.Publishes);
        Assert.Equal(0, world[N2].Here.Publishes + world[N3].Here.Publishes);
    }

    [Fact]
    public async Task The_largest_batch_that_a_topic_may_allow_is_passed_on_and_read_back()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        string value = new('x', TopicSettings.LargestMessageBytes - 200);
        PublishRequest largest = Publish(value, maxBatchBytes: TopicSettings.LargestMessageBytes);
        Assert.InRange(largest.Batch.Length, value.Length, TopicSettings.LargestMessageBytes);
        PublishReceipt receipt = await world[N2].Routes.PublishAsync(largest);
        Assert.True(receipt.IsOk, receipt.Error.ToString());
        using FetchResult read = await world[N3].Routes.FetchAsync(new FetchRequest(ForwardingWorld.Partition, Offset.Zero, 1 << 20, TimeSpan.Zero), CancellationToken.None);
        Assert.True(read.IsOk, read.Error.ToString());
        Assert.True(Values(read) is [{ } back] && back == value, "the value came back");
    }

    [Fact]
    public async Task Reads_and_offsets_come_from_the_leader()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        await world[N1].Routes.PublishAsync(Publish("first", 1000));
        await world[N1].Routes.PublishAsync(Publish("second", 2000));
        PartitionRouter routes = world[N3].Routes;

        using FetchResult read = await routes.FetchAsync(new FetchRequest(ForwardingWorld.Partition, Offset.Zero, 1 << 20, TimeSpan.Zero), CancellationToken.None);
        Assert.True(read.IsOk, read.Error.ToString());
        Assert.Equal(["first", "second"], Values(read));
        Assert.Equal((new Offset(2), new Offset(2), Offset.Zero), (read.NextOffset, read.HighWatermark, read.LogStartOffset));
        Assert.Equal(new PartitionOffsets(Offset.Zero, new Offset(2)), (await routes.OffsetsAsync(ForwardingWorld.Partition, CancellationToken.None)).Value);
        Assert.Equal(Offset.Zero, (await routes.LogStartAsync(ForwardingWorld.Partition, CancellationToken.None)).Value);
        Assert.Equal(new Offset(1), (await routes.OffsetForTimeAsync(ForwardingWorld.Partition, new UnixMillis(1500), CancellationToken.None)).Value);
        Assert.Equal(Offset.None, (await routes.OffsetForTimeAsync(ForwardingWorld.Partition, new UnixMillis(3000), CancellationToken.None)).Value);
    }

    [Fact]
    public async Task A_refused_read_names_the_range_that_the_leader_has()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        await world[N1].Routes.PublishAsync(Publish("gone"));
        await world[N1].Routes.PublishAsync(Publish("kept"));
        world[N1].Here.DeleteBelow(new Offset(1));
        using FetchResult read = await world[N2].Routes.FetchAsync(new FetchRequest(ForwardingWorld.Partition, Offset.Zero, 1 << 20, TimeSpan.Zero), CancellationToken.None);
        Assert.Equal(ErrorCode.OffsetOutOfRange, read.Error.Code);
        Assert.Equal((new Offset(1), new Offset(2)), (read.LogStartOffset, read.HighWatermark));
    }

    [Fact]
    public async Task A_long_poll_waits_at_the_leader_and_is_woken_by_a_publish()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        Task<FetchResult> poll = world[N2].Routes.FetchAsync(new FetchRequest(ForwardingWorld.Partition, Offset.Zero, 1 << 20, TimeSpan.FromSeconds(30)), CancellationToken.None).AsTask();
        Assert.False(poll.IsCompleted);
        await world[N3].Routes.PublishAsync(Publish("news"));
        using FetchResult read = await poll;
        Assert.Equal(["news"], Values(read));
    }

    [Fact]
    public async Task A_poll_that_nobody_waits_for_any_more_is_given_up()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        using CancellationTokenSource gone = new();
        Task<FetchResult> poll = world[N2].Routes.FetchAsync(new FetchRequest(ForwardingWorld.Partition, Offset.Zero, 1 << 20, TimeSpan.FromSeconds(30)), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll);
    }

    [Fact]
    public async Task A_node_that_does_not_lead_refuses_and_never_passes_it_on()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(Impatient);
        world.Elect(N3);
        world[N1].Metadata.Show(world.Image); // n1 knows that n3 leads; n2 still thinks n1, n3 has not heard of it
        PublishReceipt receipt = await world[N2].Routes.PublishAsync(Publish("lost"));
        Assert.True(receipt.Error.Code == ErrorCode.NotLeader, receipt.Error.ToString());
        Assert.Equal((1, 0, 0), (world[N1].Here.Refused, world[N2].Here.Publishes, world[N3].Here.Publishes));
    }

    [Fact]
    public async Task After_a_refusal_it_waits_for_the_new_leader_and_goes_there()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(new ForwardingOptions { LeaderWait = TimeSpan.FromSeconds(60) });
        world.Elect(N3);
        world[N1].Metadata.Show(world.Image);
        Task<PublishReceipt> publish = world[N2].Routes.PublishAsync(Publish("moved")).AsTask();
        await Eventually.TrueAsync(() => world[N1].Here.Refused > 0, "the old leader refused");
        world.ShowAll();
        PublishReceipt receipt = await publish;
        Assert.True(receipt.IsOk, receipt.Error.ToString());
        Assert.Equal(new Offset(1), world[N3].Here.Stored.HighWatermark);
    }

    [Fact]
    public async Task While_nobody_leads_it_waits_and_then_says_so()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(new ForwardingOptions { LeaderWait = TimeSpan.FromMilliseconds(60) });
        world.Elect(null);
        world.ShowAll();
        PublishReceipt receipt = await world[N2].Routes.PublishAsync(Publish("nobody"));
        Assert.Equal(ErrorCode.NotLeader, receipt.Error.Code);
        Assert.Contains("no leader now", receipt.Error.Detail, StringComparison.Ordinal);
        Assert.All(world.Nodes, node => Assert.Equal(0, node.Here.Publishes));
    }

    [Fact]
    public async Task A_publish_whose_fate_is_unknown_is_not_sent_again()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(new ForwardingOptions { LeaderWait = TimeSpan.FromSeconds(60) });
        world[N1].Here.Hold();
        Task<PublishReceipt> publish = world[N2].Routes.PublishAsync(Publish("perhaps")).AsTask();
        await Eventually.TrueAsync(() => world[N1].Here.Publishes == 1, "the leader has it");
        Task stopping = world[N1].Peers.DisposeAsync().AsTask();
        PublishReceipt receipt = await publish;
        Assert.Equal(ErrorCode.OutcomeUnknown, receipt.Error.Code);
        world.Elect(N3);
        world.ShowAll();
        Assert.True((await world[N2].Routes.PublishAsync(Publish("next"))).IsOk);
        Assert.Equal(1, world[N3].Here.Publishes);
        world[N1].Here.Release();
        await stopping;
    }

    [Fact]
    public async Task No_answer_in_time_leaves_a_publish_unknown()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(new ForwardingOptions { Timeout = TimeSpan.FromMilliseconds(100) });
        world[N1].Here.Hold();
        PublishReceipt receipt = await world[N2].Routes.PublishAsync(Publish("slow"));
        Assert.Equal(ErrorCode.OutcomeUnknown, receipt.Error.Code);
        Assert.Equal(1, world[N1].Here.Publishes);
    }

    [Fact]
    public async Task A_leader_that_is_gone_certainly_did_not_take_it_so_the_next_one_gets_it()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(new ForwardingOptions { LeaderWait = TimeSpan.FromSeconds(60) });
        TaskCompletionSource isGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        world[N2].Peers.OnLinkChange(change =>
        {
            if (change.Peer == N1 && change.State != PeerLinkState.Up)
            {
                isGone.TrySetResult();
            }
        });
        await world[N1].Peers.DisposeAsync();
        await isGone.Task.WaitAsync(TimeSpan.FromSeconds(30)); // what leaves before has an unknown outcome
        Task<PublishReceipt> publish = world[N2].Routes.PublishAsync(Publish("later")).AsTask();
        world.Elect(N3);
        world.ShowAll();
        Assert.True((await publish).IsOk);
        Assert.Equal(1, world[N3].Here.Publishes);
    }

    [Fact]
    public async Task Requests_that_wait_for_others_are_bounded()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(new ForwardingOptions { MaxRequests = 1 });
        world[N1].Here.Hold();
        Task<PublishReceipt> first = world[N2].Routes.PublishAsync(Publish("one")).AsTask();
        await Eventually.TrueAsync(() => world[N1].Here.Publishes == 1, "the leader has it");
        Assert.Equal(ErrorCode.Overloaded, (await world[N2].Routes.PublishAsync(Publish("two"))).Error.Code);
        world[N1].Here.Release();
        Assert.True((await first).IsOk);
        Assert.True((await world[N2].Routes.PublishAsync(Publish("three"))).IsOk);
    }

    [Fact]
    public async Task A_leader_that_has_not_heard_of_the_topic_waits_for_what_the_sender_knew()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync(Impatient);
        world.Elect(N3);
        world[N2].Metadata.Show(world.Image);
        Task<PublishReceipt> publish = world[N2].Routes.PublishAsync(Publish("early")).AsTask();
        await Eventually.TrueAsync(() => world[N3].Here.Refused == 1, "the new leader does not know yet");
        world[N3].Metadata.Show(world.Image);
        Assert.True((await publish).IsOk);
    }

    [Fact]
    public async Task The_trace_of_the_request_goes_along()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        using Activity request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        await world[N2].Routes.PublishAsync(Publish("traced"));
        Assert.Equal([request.TraceId.ToString()], world[N1].Here.Traces);
    }

    [Fact]
    public async Task Batches_of_one_request_keep_their_order_at_another_node()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        PublishRuns runs = new(world[N2].Routes);
        const int Count = 20;
        Task<PublishReceipt>[] answers = [.. Enumerable.Range(0, Count).Select(i => runs.PublishAsync(Publish($"{i}"), isLast: i == Count - 1))];
        PublishReceipt[] receipts = await Task.WhenAll(answers);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => new Offset(i)), receipts.Select(receipt => receipt.BaseOffset));
    }

    [Fact]
    public async Task Streams_are_told_where_the_leader_is()
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        LeaderHint? hint = world[N2].Routes.LeaderOf(ForwardingWorld.Partition);
        Assert.Equal((N1, "n1.test:9000"), (hint!.Value.Node, hint.Value.Grpc!.ToString()));
        Assert.False(world[N2].Routes.LeadsHere(ForwardingWorld.Partition));
        Assert.True(world[N1].Routes.LeadsHere(ForwardingWorld.Partition));
        world.Elect(null);
        world.ShowAll();
        Assert.Null(world[N2].Routes.LeaderOf(ForwardingWorld.Partition));
    }

    [Theory]
    [InlineData(0, ErrorCode.MalformedRequest)]
    [InlineData(10, ErrorCode.MalformedRequest)]
    [InlineData(200, ErrorCode.MalformedRequest)]
    public async Task Garbage_between_nodes_is_refused(int length, ErrorCode expected)
    {
        await using ForwardingWorld world = await ForwardingWorld.StartAsync();
        byte[] garbage = new byte[length];
        garbage.AsSpan().Fill(0xEE);
        if (length > 0)
        {
            garbage[0] = 1;
        }

        Result<SharedBuffer> answer = await world[N2].Peers.CallAsync(
            N1, PeerMessageKind.ForwardedPublish, PeerChannel.Request, SharedBuffer.CopyOf(garbage), TimeSpan.FromSeconds(10), CancellationToken.None);
        Assert.Equal(expected, answer.Error.Code);
    }

    [Fact]
    public void A_message_reads_as_it_was_written()
    {
        ForwardedMessage message = new(ForwardedCall.Fetch, ForwardingWorld.Partition, 77, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Acks.Leader, 12, 34, 56);
        using SharedBuffer written = message.Write(3, out int head);
        Assert.Equal(written.Length, head + 3);
        Assert.Equal(message, ForwardedMessage.Read(written.Span, out int read).Value);
        Assert.Equal(head, read);
        for (int cut = 0; cut < head; cut++)
        {
            Assert.False(ForwardedMessage.Read(written.Span[..cut], out _).IsOk);
        }
    }

    [Fact]
    public void A_reply_reads_as_it_was_written()
    {
        ForwardedReply reply = new(new Error(ErrorCode.OffsetOutOfRange, "offset 5 is outside [0, 2] – so"), 1, 2, 3, 4, true);
        using SharedBuffer written = reply.Write();
        Assert.Equal(reply, ForwardedReply.Read(written.Span, out int head).Value);
        Assert.Equal(written.Length, head);
        for (int cut = 0; cut < head; cut++)
        {
            Assert.False(ForwardedReply.Read(written.Span[..cut], out _).IsOk);
        }
    }

    private static PublishRequest Publish(string text, long timestamp = 1, int maxBatchBytes = 1 << 20)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset();
        Assert.True(builder.TryAppend(new UnixMillis(timestamp), default, true, System.Text.Encoding.UTF8.GetBytes(text), false, default, maxBatchBytes));
        return new PublishRequest(ForwardingWorld.Partition, builder.Build(), Acks.All);
    }

    private static List<string> Values(FetchResult read)
    {
        List<string> values = [];
        foreach (BufferSlice slice in read.Slices)
        {
            foreach (ReadOnlySpan<byte> batch in new RecordBatchSequence(slice.Span))
            {
                using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out _);
                foreach (Core.Records.Record record in reader)
                {
                    values.Add(System.Text.Encoding.UTF8.GetString(record.Value));
                }
            }
        }

        return values;
    }
}
