using System.Buffers.Binary;
using System.Collections.Concurrent;
using GoQueue.Core;
using GoQueue.Core.Peers;
using Xunit;

namespace GoQueue.Testing.Peers;

/// <summary>What every <see cref="IPeerTransport"/> keeps: messages and calls here, links and their end in the other half.</summary>
public abstract partial class PeerTransportContract
{
    private static readonly NodeId A = new("a");
    private static readonly NodeId B = new("b");

    protected abstract PeerTransportWorld CreateWorld();

    [Fact]
    public async Task A_message_arrives_as_it_was_sent_and_names_its_sender()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        ConcurrentQueue<(NodeId From, Guid Incarnation, byte[] Payload)> received = new();
        b.Transport.OnMessage(PeerMessageKind.Raft, message => received.Enqueue((message.From, message.Incarnation, message.Payload.Span.ToArray())));
        SharedBuffer payload = SharedBuffer.CopyOf([1, 2, 3]);
        Assert.True(a.Transport.TrySend(B, PeerMessageKind.Raft, PeerChannel.Control, payload));
        await world.UntilAsync(() => !received.IsEmpty, "the message arrives");
        Assert.True(received.TryDequeue(out (NodeId From, Guid Incarnation, byte[] Payload) seen));
        Assert.Equal((A, a.Incarnation), (seen.From, seen.Incarnation));
        Assert.Equal([1, 2, 3], seen.Payload);
        await world.UntilAsync(() => IsGivenUp(payload), "the sender's reference is given up");
    }

    [Theory]
    [InlineData(PeerChannel.Control)]
    [InlineData(PeerChannel.Request)]
    [InlineData(PeerChannel.Bulk)]
    public async Task Messages_of_a_channel_arrive_in_the_order_sent(PeerChannel channel)
    {
        const int Count = 2_000;
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        ConcurrentQueue<int> received = new();
        b.Transport.OnMessage(PeerMessageKind.Raft, message => received.Enqueue(BinaryPrimitives.ReadInt32BigEndian(message.Payload.Span)));
        for (int i = 0; i < Count; i++)
        {
            byte[] payload = new byte[4 + (i % 7 * 100)];
            BinaryPrimitives.WriteInt32BigEndian(payload, i);
            Assert.True(a.TrySend(b, payload, channel));
        }

        await world.UntilAsync(() => received.Count == Count, "all messages arrive");
        Assert.Equal(Enumerable.Range(0, Count), received);
    }

    [Fact]
    public async Task A_payload_is_valid_only_until_its_handler_returns_unless_it_is_retained()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        SharedBuffer? dropped = null;
        SharedBuffer? kept = null;
        b.Transport.OnMessage(PeerMessageKind.Raft, message => Volatile.Write(ref dropped, message.Payload));
        b.Transport.OnMessage(PeerMessageKind.BrokerHeartbeat, message => Volatile.Write(ref kept, message.Payload.Retain()));
        Assert.True(a.TrySend(b, [1]));
        Assert.True(a.Transport.TrySend(B, PeerMessageKind.BrokerHeartbeat, PeerChannel.Control, SharedBuffer.CopyOf([2])));
        await world.UntilAsync(() => Volatile.Read(ref kept) is not null && Volatile.Read(ref dropped) is not null, "both arrive");
        await world.UntilAsync(() => IsGivenUp(dropped!), "the payload that nobody kept goes back");
        Assert.Equal([2], kept!.Span.ToArray());
        kept.Release();
    }

    [Fact]
    public async Task An_empty_message_and_a_large_one_arrive_whole()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        b.Transport.OnCall(PeerMessageKind.Propose, static (message, _) => Reply(SharedBuffer.CopyOf(message.Payload.Span)));
        byte[] large = new byte[8 << 20];
        new Random(7).NextBytes(large);
        foreach (byte[] sent in new[] { [], large })
        {
            using SharedBuffer reply = (await world.ResultAsync(a.CallAsync(b, sent, PeerChannel.Bulk))).Value;
            Assert.True(reply.Span.SequenceEqual(sent));
        }
    }

    [Fact]
    public async Task A_reply_is_its_head_and_then_the_slices_of_its_body()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        SharedBuffer log = SharedBuffer.CopyOf([10, 11, 12, 13, 14]);
        b.Transport.OnCall(PeerMessageKind.Propose, (_, _) => ValueTask.FromResult<Result<PeerReply>>(
            new PeerReply(SharedBuffer.CopyOf([1, 2]), [new BufferSlice(log.Retain(), 1, 2), new BufferSlice(log.Retain(), 4, 1)])));
        using SharedBuffer reply = (await world.ResultAsync(a.CallAsync(b, []))).Value;
        Assert.Equal([1, 2, 11, 12, 14], reply.Span.ToArray());
        log.Release();
        await world.UntilAsync(() => IsGivenUp(log), "the references of the slices are given up");
    }

    [Fact]
    public async Task A_refusal_of_the_handler_comes_back_with_its_code_and_sentence()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        b.Transport.OnCall(PeerMessageKind.Propose, static (_, _) => ValueTask.FromResult<Result<PeerReply>>(new Error(ErrorCode.NotController, "ask node c – überall")));
        Result<SharedBuffer> reply = await world.ResultAsync(a.CallAsync(b, [1]));
        Assert.Equal(new Error(ErrorCode.NotController, "ask node c – überall"), reply.Error);
    }

    [Fact]
    public async Task Calls_under_way_together_each_get_their_own_reply_in_any_order()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        ConcurrentDictionary<byte, TaskCompletionSource> held = new();
        b.Transport.OnCall(PeerMessageKind.Propose, async (message, _) =>
        {
            byte id = message.Payload.Span[0];
            await held.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return new PeerReply(SharedBuffer.CopyOf(message.Payload.Span)); // still valid: the handler's task has not ended
        });
        Task<Result<SharedBuffer>>[] calls = [.. Enumerable.Range(0, 16).Select(i => a.CallAsync(b, [(byte)i]).AsTask())];
        await world.UntilAsync(() => held.Count == calls.Length, "all calls are under way");
        for (int i = calls.Length - 1; i >= 0; i--)
        {
            Assert.False(calls[i].IsCompleted);
            held[(byte)i].SetResult();
            using SharedBuffer reply = (await world.ResultAsync(new ValueTask<Result<SharedBuffer>>(calls[i]))).Value;
            Assert.Equal([(byte)i], reply.Span.ToArray());
        }
    }

    [Fact]
    public async Task A_call_without_a_reply_ends_at_its_time()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        TaskCompletionSource never = new();
        b.Transport.OnCall(PeerMessageKind.Propose, async (_, _) =>
        {
            await never.Task;
            return new Error(ErrorCode.Internal, "too late");
        });
        Result<SharedBuffer> reply = await world.ResultAsync(a.CallAsync(b, [1], timeoutMilliseconds: 50));
        Assert.Equal(ErrorCode.Timeout, reply.Error.Code);
        never.SetResult();
        Assert.True(a.IsUp(B));
    }

    [Fact]
    public async Task A_cancelled_call_ends_and_the_link_goes_on()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        TaskCompletionSource never = new();
        int calls = 0;
        b.Transport.OnCall(PeerMessageKind.Propose, async (message, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                await never.Task;
            }

            return new PeerReply(SharedBuffer.CopyOf(message.Payload.Span));
        });
        using CancellationTokenSource cancelling = new();
        Task<Result<SharedBuffer>> call = a.Transport.CallAsync(
            B, PeerMessageKind.Propose, PeerChannel.Request, SharedBuffer.CopyOf([1]), TimeSpan.FromSeconds(20), cancelling.Token).AsTask();
        await world.UntilAsync(() => Volatile.Read(ref calls) == 1, "the call is under way");
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.ResultAsync(new ValueTask<Result<SharedBuffer>>(call)));
        using SharedBuffer next = (await world.ResultAsync(a.CallAsync(b, [2]))).Value;
        Assert.Equal([2], next.Span.ToArray());
        never.SetResult();
    }

    [Fact]
    public async Task Kinds_that_nobody_receives_are_refused_or_dropped_and_the_link_goes_on()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        Assert.True(a.TrySend(b, [1]));
        Assert.Equal(ErrorCode.Unreachable, (await world.ResultAsync(a.CallAsync(b, [1]))).Error.Code);
        b.Transport.OnCall(PeerMessageKind.Propose, static (_, _) => Reply(SharedBuffer.CopyOf([9])));
        using SharedBuffer reply = (await world.ResultAsync(a.CallAsync(b, [1]))).Value;
        Assert.Equal([9], reply.Span.ToArray());
    }

    [Fact]
    public async Task A_handler_that_throws_harms_neither_the_link_nor_other_messages()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        b.Transport.OnMessage(PeerMessageKind.Raft, static _ => throw new InvalidOperationException("meant by the test"));
        b.Transport.OnCall(PeerMessageKind.Propose, static (message, _) =>
            message.Payload.Length == 0 ? throw new InvalidOperationException("meant by the test") : Reply(SharedBuffer.CopyOf([9])));
        Assert.True(a.TrySend(b, [1], PeerChannel.Request));
        Assert.Equal(ErrorCode.Internal, (await world.ResultAsync(a.CallAsync(b, []))).Error.Code);
        using SharedBuffer reply = (await world.ResultAsync(a.CallAsync(b, [1]))).Value;
        Assert.Equal([9], reply.Span.ToArray());
    }

    private static ValueTask<Result<PeerReply>> Reply(SharedBuffer head) => ValueTask.FromResult<Result<PeerReply>>(new PeerReply(head));

    private static bool IsGivenUp(SharedBuffer buffer)
    {
        if (!buffer.TryRetain())
        {
            return true;
        }

        buffer.Release();
        return false;
    }

    private static PeerNode Start(PeerTransportWorld world, NodeId id)
    {
        Guid incarnation = Guid.NewGuid();
        return new PeerNode(world.Start(id, incarnation), incarnation);
    }

    /// <summary>Two nodes that know and have reached each other.</summary>
    private static async Task<(PeerNode A, PeerNode B)> PairAsync(PeerTransportWorld world)
    {
        PeerNode a = Start(world, A);
        PeerNode b = Start(world, B);
        a.Transport.SetPeers([world.AddressOf(A), world.AddressOf(B)]);
        b.Transport.SetPeers([world.AddressOf(A), world.AddressOf(B)]);
        await world.UntilAsync(() => a.IsUp(B) && b.IsUp(A), "the two reach each other");
        return (a, b);
    }
}
