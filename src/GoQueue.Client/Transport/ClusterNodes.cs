namespace GoQueue.Client.Transport;

/// <summary>
/// The nodes a client can go to: those it was given, and those it has heard of. Any thread. A node that does not answer goes to the end of the
/// line, so that whoever asks next goes to another one.
/// </summary>
internal sealed class ClusterNodes(IReadOnlyList<Uri> given)
{
    private readonly Lock gate = new();
    private volatile Known known = new([], [.. given]);

    /// <summary>Where to ask what any node can answer.</summary>
    public Uri Any => known.InLine[0];

    /// <summary>Addresses known.</summary>
    public int Count => known.InLine.Length;

    /// <summary>Where this node takes calls; null when it has not been heard of, or has said no address.</summary>
    public Uri? Find(string node) => known.ById.GetValueOrDefault(node);

    /// <summary>All nodes of the cluster. Those given stay, at the end: they are what is left when all others have gone.</summary>
    public void Learn(IEnumerable<(string Node, string Endpoint)> nodes)
    {
        lock (gate)
        {
            Dictionary<string, Uri> byId = new(StringComparer.Ordinal);
            foreach ((string node, string endpoint) in nodes)
            {
                if (AddressOf(endpoint) is { } address)
                {
                    byId[node] = address;
                }
            }

            if (byId.Count == 0 || (byId.Count == known.ById.Count && byId.All(pair => known.ById.GetValueOrDefault(pair.Key) == pair.Value)))
            {
                return;
            }

            // Who is in line keeps its place: it may be there for a reason.
            Uri[] wanted = [.. byId.Values.Concat(given).Distinct()];
            known = new Known(byId, [.. known.InLine.Intersect(wanted), .. wanted.Except(known.InLine)]);
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
                known = new Known(new Dictionary<string, Uri>(known.ById, StringComparer.Ordinal) { [node] = address }, [.. known.InLine.Union([address])]);
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

    private sealed record Known(Dictionary<string, Uri> ById, Uri[] InLine);
}
