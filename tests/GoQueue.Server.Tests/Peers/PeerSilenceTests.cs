using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers;
using GoQueue.Testing;

namespace GoQueue.Server.Tests.Peers;

/// <summary>What is not taken for the silence of another node.</summary>
public sealed class PeerSilenceTests
{
    /// <summary>A thread pool without a free thread lets the ticks pile up; then they come at once, before anything that was received meanwhile.</summary>
    [Fact]
    public async Task Ticks_that_come_in_a_burst_are_not_silence()
    {
        BurstingTime time = new();
        await using PeerNodes nodes = new();
        PeerTransport a = await nodes.StartAsync("a", time: time);
        PeerTransport b = await nodes.StartAsync("b");
        b.OnCall(PeerMessageKind.ReplicaFetch, static (_, _) => ValueTask.FromResult<Result<PeerReply>>(new PeerReply(SharedBuffer.CopyOf([2]), null)));
        List<PeerLinkState> states = [];
        a.OnLinkChange(change =>
        {
            lock (states)
            {
                states.Add(change.State);
            }
        });
        a.SetPeers([PeerNodes.AddressOf(b)]);
        await Eventually.TrueAsync(() => Seen().Contains(PeerLinkState.Up), "the link is up");
        time.Burst(times: 50);
        Result<SharedBuffer> answer = await a.CallAsync(
            b.Self, PeerMessageKind.ReplicaFetch, PeerChannel.Bulk, SharedBuffer.CopyOf([1]), TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.True(answer.IsOk, answer.Error.ToString());
        answer.Value.Release();
        Assert.Equal([PeerLinkState.Up], Seen());

        PeerLinkState[] Seen()
        {
            lock (states)
            {
                return [.. states];
            }
        }
    }

    /// <summary>The system's clock; periodic timers fire also when a test says so.</summary>
    private sealed class BurstingTime : TimeProvider
    {
        private readonly List<Action> periodic = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (period > TimeSpan.Zero)
            {
                periodic.Add(() => callback(state));
            }

            return System.CreateTimer(callback, state, dueTime, period);
        }

        public void Burst(int times)
        {
            for (int i = 0; i < times; i++)
            {
                periodic.ForEach(static fire => fire());
            }
        }
    }
}
