using System.Net;
using GoQueue.Chaos.Networks;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// The peer connections of one node, both ways, go through a proxy of ours with bad manners: the kernel leads new connections there, and those that are there
/// are broken, so that the nodes make new ones.
/// </summary>
internal sealed class ProxiedLink(TestBed bed, Random random, Func<Random, LinkManners> manners, TimeSpan repeatAfter = default)
    : LinkFault(bed, random, Patterns.Single)
{
    private readonly Dictionary<Way, LinkProxy> proxies = [];
    private readonly CancellationTokenSource stop = new();
    private Task repeating = Task.CompletedTask;

    public override bool IsHidden => Ways.Count > 0 && Bed.IsTaken(Ways[0].From);

    protected override async Task HappenAsync(CancellationToken cancellationToken)
    {
        LinkManners chosen = manners(Random);
        foreach (Way way in Ways)
        {
            LinkProxy proxy = new(IPAddress.Parse(Bed.Network.OwnAddress), new IPEndPoint(IPAddress.Parse(Bed.Network.AddressOf(way.To)), Bed[way.To].Node.Ports.Peer));
            proxies.Add(way, proxy);
            await Bed.Cuts.LeadAsync(way.From, Bed.Network.AddressOf(way.To), Bed.Network.OwnAddress, proxy.Port);
        }

        foreach (Way way in Ways)
        {
            await Bed.Cuts.BreakAsync(way.From, Bed.Network.AddressOf(way.To));
        }

        if (repeatAfter == TimeSpan.Zero)
        {
            Behave(chosen);
        }
        else
        {
            repeating = RepeatAsync(chosen);
        }
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(proxies.Values.Sum(proxy => proxy.Connections) > 0 ? null : "no connection came through the proxy");

    public override async Task EndAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await repeating;
        stop.Dispose();
        foreach (Way way in proxies.Keys)
        {
            await Bed.Cuts.UnleadAsync(way.From, Bed.Network.AddressOf(way.To));
        }

        foreach (LinkProxy proxy in proxies.Values)
        {
            await proxy.DisposeAsync(); // resets its connections; the nodes make new ones, straight
        }
    }

    private void Behave(LinkManners how)
    {
        foreach (LinkProxy proxy in proxies.Values)
        {
            proxy.Manners = how;
        }
    }

    /// <summary>Good and bad manners in turn: a stall that never ends is a cut, and a link without replies never comes up.</summary>
    private async Task RepeatAsync(LinkManners bad)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(repeatAfter, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Behave(bad);
            await Task.Delay(repeatAfter, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Behave(LinkManners.Plain);
        }
    }
}
