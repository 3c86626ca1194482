using GoQueue.Chaos.Networks;

namespace GoQueue.Chaos.Nemesis;

/// <summary>A fault of some ways between places. Nodes in it are not taken: other faults may hit them as well.</summary>
internal abstract class LinkFault(TestBed bed, Random random, Func<IReadOnlyList<string>, IEnumerable<Way>> pattern) : Fault
{
    protected TestBed Bed => bed;

    protected Random Random => random;

    protected IReadOnlyList<Way> Ways { get; private set; } = [];

    public sealed override async Task BeginAsync(CancellationToken cancellationToken)
    {
        string[] nodes = [.. bed.Grounds.Select(ground => ground.Node.Id)];
        random.Shuffle(nodes);
        if (await FirstAsync(nodes, cancellationToken) is { } first)
        {
            nodes = [first, .. nodes.Where(node => node != first)];
        }

        Ways = [.. pattern(nodes)];
        Target = string.Join(' ', Ways);
        await HappenAsync(cancellationToken);
    }

    /// <summary>The node that the pattern is to begin with; null: as drawn.</summary>
    protected virtual Task<string?> FirstAsync(IReadOnlyList<string> drawn, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    protected abstract Task HappenAsync(CancellationToken cancellationToken);

    /// <summary>Whether somebody at the begin of the way reaches the peer port (clients: the HTTP port) at its end.</summary>
    protected async Task<Reached> TryAsync(Way way)
    {
        if (way.To == Way.Clients)
        {
            return await TryAsync(way.Back); // nobody listens at the clients
        }

        string host = bed.Network.AddressOf(way.To);
        return way.From == Way.Clients
            ? await Task.Run(() => Reach.Try(host, bed[way.To].Node.Ports.Http))
            : await bed.Network.InsideAsync(way.From, () => Reach.Try(host, bed[way.To].Node.Ports.Peer));
    }

    protected string AddressOf(string place) => place == Way.Clients ? bed.Network.OwnAddress : bed.Network.AddressOf(place);
}
