namespace GoQueue.Chaos.Networks;

/// <summary>One direction between two places: nodes by their names, the clients by <see cref="Clients"/>.</summary>
internal readonly record struct Way(string From, string To)
{
    public const string Clients = "clients";

    public Way Back => new(To, From);

    public override string ToString() => $"{From}->{To}";
}
