using System.Collections.Concurrent;
using GoQueue.Core;
using GoQueue.Core.Peers;
using Xunit;

namespace GoQueue.Testing.Peers;

/// <summary>Links: how they come up, how their end is told, and what becomes of what was under way.</summary>
public abstract partial class PeerTransportContract
{
    [Fact]
    public async Task A_link_that_comes_up_names_the_disk_of_the_other_node_also_to_late_observers()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        Assert.Equal(new PeerLinkChange(B, b.Incarnation, PeerLinkState.Up), a.LastChange(B));
        ConcurrentQueue<PeerLinkChange> late = new();
        a.Transport.OnLinkChange(late.Enqueue);
        Assert.Equal([new PeerLinkChange(B, b.Incarnation, PeerLinkState.Up)], late);
    }

    [Fact]
    public async Task Without_a_link_nothing_is_sent_and_every_reference_is_given_up()
    {
        await using PeerTransportWorld world = CreateWorld();
        PeerNode a = Start(world, A);
        a.Transport.SetPeers([world.AddressOf(B)]);
        foreach (NodeId nobody in new[] { B, new NodeId("stranger") })
        {
            SharedBuffer message = SharedBuffer.CopyOf([1]);
            SharedBuffer request = SharedBuffer.CopyOf([1]);
            Assert.False(a.Transport.TrySend(nobody, PeerMessageKind.Raft, PeerChannel.Control, message));
            Result<SharedBuffer> reply = await world.ResultAsync(
                a.Transport.CallAsync(nobody, PeerMessageKind.Propose, PeerChannel.Request, request, TimeSpan.FromSeconds(20), CancellationToken.None));
            Assert.Equal(ErrorCode.Unreachable, reply.Error.Code);
            Assert.True(IsGivenUp(message));
            Assert.True(IsGivenUp(request));
        }
    }

    [Fact]
    public async Task A_process_that_went_away_is_told_as_closed_and_then_as_refused()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        await world.StopAsync(B);
        await world.UntilAsync(() => a.LastChange(B)?.State == PeerLinkState.Refused, "the refused attempt is told");
        Assert.Equal([PeerLinkState.Up, PeerLinkState.Closed, PeerLinkState.Refused], a.Changes(B).SkipWhile(change => change.State != PeerLinkState.Up).Select(change => change.State));
        Assert.All(a.Changes(B).SkipWhile(change => change.State != PeerLinkState.Up), change => Assert.Equal(b.Incarnation, change.Incarnation));
        Assert.False(a.TrySend(b, [1]));
    }

    [Fact]
    public async Task A_node_that_comes_back_is_reached_again_and_shows_its_new_disk()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        await world.StopAsync(B);
        await world.UntilAsync(() => !a.IsUp(B), "the end is told");
        PeerNode again = Start(world, B);
        again.Transport.OnCall(PeerMessageKind.Propose, static (_, _) => Reply(SharedBuffer.CopyOf([9])));
        again.Transport.SetPeers([world.AddressOf(A)]);
        await world.UntilAsync(() => a.LastChange(B) == new PeerLinkChange(B, again.Incarnation, PeerLinkState.Up), "the new one is reached");
        Assert.NotEqual(b.Incarnation, again.Incarnation);
        using SharedBuffer reply = (await world.ResultAsync(a.CallAsync(again, [1]))).Value;
        Assert.Equal([9], reply.Span.ToArray());
    }

    [Fact]
    public async Task A_node_that_is_not_heard_is_told_as_silent_and_reached_again_later()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        int before = a.Changes(B).Length;
        world.Silence(B);
        await world.UntilAsync(() => a.Changes(B).Length > before, "the silence is told");
        Assert.Equal(PeerLinkState.Silent, a.Changes(B)[before].State);
        world.Restore(B);
        await world.UntilAsync(() => a.IsUp(B), "it is reached again");
        Assert.Equal(b.Incarnation, a.LastChange(B)?.Incarnation);
    }

    [Fact]
    public async Task An_idle_link_stays_up()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        int before = a.Changes(B).Length + b.Changes(A).Length;
        b.Transport.OnCall(PeerMessageKind.Propose, static async (_, cancellationToken) =>
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return new Error(ErrorCode.Internal, "never");
        });
        Result<SharedBuffer> reply = await world.ResultAsync(a.CallAsync(b, [1], timeoutMilliseconds: 3_000)); // three times the time-out for silence
        Assert.Equal(ErrorCode.Timeout, reply.Error.Code);
        Assert.Equal(before, a.Changes(B).Length + b.Changes(A).Length);
    }

    [Fact]
    public async Task A_call_that_was_under_way_when_the_link_broke_has_an_unknown_outcome()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        TaskCompletionSource never = new();
        bool reached = false;
        bool told = false;
        b.Transport.OnCall(PeerMessageKind.Propose, async (_, cancellationToken) =>
        {
            cancellationToken.Register(() => Volatile.Write(ref told, true));
            Volatile.Write(ref reached, true);
            await never.Task;
            return new Error(ErrorCode.Internal, "too late");
        });
        ValueTask<Result<SharedBuffer>> call = a.CallAsync(b, [1]);
        await world.UntilAsync(() => Volatile.Read(ref reached), "the call is under way");
        await world.StopAsync(B);
        Assert.Equal(ErrorCode.OutcomeUnknown, (await world.ResultAsync(call)).Error.Code);
        await world.UntilAsync(() => Volatile.Read(ref told), "the handler is told that nobody waits any more");
        never.SetResult();
    }

    [Fact]
    public async Task What_is_queued_for_a_node_that_takes_nothing_is_bounded()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        byte[] payload = new byte[64 << 10];
        world.Silence(B);
        int sent = 0;
        while (a.TrySend(b, payload))
        {
            Assert.True(++sent < 4_096, "256 MiB were taken of a channel that holds 4 MiB");
        }
    }

    [Fact]
    public async Task A_node_that_is_no_longer_in_the_list_is_not_reached_any_more()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        a.Transport.SetPeers([world.AddressOf(A)]);
        Assert.False(a.TrySend(b, [1]));
        a.Transport.SetPeers([world.AddressOf(B)]);
        int known = a.Changes(B).Length;
        await world.UntilAsync(() => a.Changes(B).Length > known && a.IsUp(B), "it is reached again");
    }

    [Fact]
    public async Task Setting_the_same_list_again_disturbs_nothing()
    {
        await using PeerTransportWorld world = CreateWorld();
        (PeerNode a, PeerNode b) = await PairAsync(world);
        int before = a.Changes(B).Length;
        a.Transport.SetPeers([world.AddressOf(B), world.AddressOf(A)]);
        b.Transport.OnCall(PeerMessageKind.Propose, static (_, _) => Reply(SharedBuffer.CopyOf([9])));
        using SharedBuffer reply = (await world.ResultAsync(a.CallAsync(b, [1]))).Value;
        Assert.Equal(before, a.Changes(B).Length);
    }
}
