namespace GoQueue.Client.Transport;

/// <summary>
/// The nodes a client can go to: those it was given, and those it has heard of. Any thread. A node that does not answer goes to the end of the
/// line, so that whoever asks next goes to another one.
/// </summary>
internal sealed class ClusterNodes(IReadOnlyList<Uri> given)
{
    private readonly Lock gate = new();
    private volatile Known known = new([], [], [.. given]);

    /// <summary>Where to ask what any node can answer.</summary>
    public Uri Any => known.InLine[0];

    /// <summary>Addresses known.</summary>
    public int Count => known.InLine.Length;

    /// <summary>Where this node takes calls; null when it has not been heard of, or has said no address.</summary>
    public Uri? Find(string node) => known.ById.GetValueOrDefault(node);

    /// <summary>Where this node stands; null when it has not said.</summary>
    public string? RackOf(string node) => known.Racks.GetValueOrDefault(node);

    /// <summary>All nodes of the cluster. Those given stay, at the end: they are what is left when all others have gone.</summary>
    public void Learn(IEnumerable<(string Node, string Endpoint, string Rack)> nodes)
    {
        lock (gate)
        {
            Dictionary<string, Uri> byId = new(StringComparer.Ordinal);
            Dictionary<string, string> racks = new(StringComparer.Ordinal);
            foreach ((string node, string endpoint, string rack) in nodes)
            {
                if (rack.Length > 0)
                {
                    racks[node] = rack;
                }

                if (AddressOf(endpoint) is { } address)
                {
                    byId[node] = address;
                }
            }

            if (byId.Count == 0 || (AreSame(byId, known.ById) && AreSame(racks, known.Racks)))
            {
                return;
            }

            // Who is in line keeps its place: it may be there for a reason.
            Uri[] wanted = [.. byId.Values.Concat(given).Distinct()];
            known = new Known(byId, racks, [.. known.InLine.Intersect(wanted), .. wanted.Except(known.InLine)]);
        }
    }

    /// <summary>One node, from an answer that names it.</summary>
    public Uri? Learn(string node, string endpoint)
    {
        if (AddressOf(endpoint) is not { } address)
        {
            return Find(node);
        }

        lock (gate)
        {
            if (known.ById.GetValueOrDefault(node) != address)
            {
                known = known with { ById = new Dictionary<string, Uri>(known.ById, StringComparer.Ordinal) { [node] = address }, InLine = [.. known.InLine.Union([address])] };
            }
        }

        return address;
    }

    /// <summary>This address did not answer.</summary>
    public void Failed(Uri address)
    {
        lock (gate)
        {
            Uri[] line = known.InLine;
            if (line.Length > 1 && line.Contains(address))
            {
                known = known with { InLine = [.. line.Where(other => other != address), address] };
            }
        }
    }

    /// <summary>Nodes do not say whether they speak TLS: they do what those given do.</summary>
    private Uri? AddressOf(string endpoint) =>
        endpoint.Length > 0 && Uri.TryCreate($"{given[0].Scheme}://{endpoint}", UriKind.Absolute, out Uri? address) ? address : null;

    private static bool AreSame<T>(Dictionary<string, T> one, Dictionary<string, T> other)
        where T : class => one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out T? value) && value.Equals(pair.Value));

    private sealed record Known(Dictionary<string, Uri> ById, Dictionary<string, string> Racks, Uri[] InLine);
}
