using System.Net.Http.Headers;

namespace GoQueue.Client.Transport;

/// <summary>Who leads a partition, as a node says that does not.</summary>
/// <param name="Endpoint"><c>host:port</c>; empty when that node does not know it.</param>
internal sealed record LeaderHint(string Node, string Endpoint, int Epoch)
{
    /// <summary>From the headers or trailers of a call that was refused; null when they name nobody.</summary>
    public static LeaderHint? Read(HttpHeaders headers) =>
        Value(headers, "goqueue-leader") is { Length: > 0 } node && int.TryParse(Value(headers, "goqueue-leader-epoch"), out int epoch)
            ? new LeaderHint(node, Value(headers, "goqueue-leader-endpoint") ?? "", epoch)
            : null;

    private static string? Value(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;
}
