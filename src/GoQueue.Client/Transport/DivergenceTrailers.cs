using System.Net.Http.Headers;
using GoQueue.Client.Consuming;

namespace GoQueue.Client.Transport;

/// <summary>What the headers and trailers of a subscription say of epochs.</summary>
internal static class DivergenceTrailers
{
    /// <summary>From the headers or trailers of a call refused with LogTruncated; null when they say nothing.</summary>
    public static Divergence? Read(HttpHeaders headers) =>
        long.TryParse(Value(headers, "goqueue-diverging-offset"), out long offset) && int.TryParse(Value(headers, "goqueue-diverging-epoch"), out int epoch)
            ? new Divergence(epoch, offset)
            : null;

    /// <summary>The epoch of the record before the offset that was subscribed to; -1 when it is not said.</summary>
    public static int LastEpoch(HttpHeaders headers) => int.TryParse(Value(headers, "goqueue-last-epoch"), out int epoch) ? epoch : -1;

    private static string? Value(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;
}
