using System.Diagnostics.Metrics;
using GoQueue.Server.Rest;
using GoQueue.Server.Rest.Reading;

namespace GoQueue.Server.Observability;

/// <summary>What the HTTP listener did, by route template: paths and names never become labels.</summary>
internal sealed class HttpMetrics
{
    private static readonly string[] Statuses = [.. Enumerable.Range(0, 600).Select(static status => status.ToString())];

    private readonly Counter<long> requests;
    private readonly Histogram<double> duration;
    private readonly UpDownCounter<long> active;

    public HttpMetrics(IMeterFactory meters, BodyMemory memory, LongPolls polls)
    {
        Meter meter = meters.Create("GoQueue.Http");
        requests = meter.CreateCounter<long>("goqueue.http.requests", null, "Requests answered, by method, route and status.");
        duration = meter.CreateHistogram("goqueue.http.request.duration", "s", "Time from the headers of a request to the end of its answer, long polls included.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        });
        active = meter.CreateUpDownCounter<long>("goqueue.http.requests.active", null, "Requests under way.");
        meter.CreateObservableGauge("goqueue.http.body.memory", () => memory.HeldBytes, "By", "Memory held by request bodies.");
        meter.CreateObservableGauge("goqueue.http.polls.waiting", () => (long)polls.Waiting, null, "Reads waiting for messages.");
    }

    public void Began() => active.Add(1);

    public void Ended(string method, string route, int status, TimeSpan took)
    {
        active.Add(-1);
        KeyValuePair<string, object?> methodLabel = new("method", MethodLabel(method));
        KeyValuePair<string, object?> routeLabel = new("route", route);
        KeyValuePair<string, object?> statusLabel = new("status", (uint)status < (uint)Statuses.Length ? Statuses[status] : "other");
        requests.Add(1, methodLabel, routeLabel, statusLabel);
        duration.Record(took.TotalSeconds, methodLabel, routeLabel, statusLabel);
    }

    /// <summary>A caller may send any word as a method; labels are a closed set.</summary>
    private static string MethodLabel(string method) => method switch
    {
        "GET" => "GET",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    };
}
