using System.Diagnostics.Metrics;
using GoQueue.Core;

namespace GoQueue.Server.Forwarding;

/// <summary>Requests passed on to other nodes, and those taken from them. Per request, never per message.</summary>
internal sealed class ForwardingMetrics : IDisposable
{
    private readonly Meter meter;
    private readonly Counter<long> forwarded;
    private readonly Counter<long> bytes;
    private readonly Counter<long> repeated;
    private readonly Counter<long> handled;
    private readonly Histogram<double> duration;
    private readonly UpDownCounter<long> active;

    public ForwardingMetrics(IMeterFactory meters)
    {
        meter = meters.Create("GoQueue.Forwarding");
        forwarded = meter.CreateCounter<long>("goqueue.forwarding.requests", null, "Requests passed on to the leader of their partition, by kind and outcome.");
        bytes = meter.CreateCounter<long>("goqueue.forwarding.bytes", "By", "Bytes of batches passed on to leaders and fetched from them for clients.");
        repeated = meter.CreateCounter<long>("goqueue.forwarding.retries", null, "Requests that were not handled where they went first and went elsewhere.");
        handled = meter.CreateCounter<long>("goqueue.forwarding.handled", null, "Requests of other nodes answered here, by kind and outcome.");
        active = meter.CreateUpDownCounter<long>("goqueue.forwarding.requests.active", null, "Requests that wait for another node.");
        duration = meter.CreateHistogram("goqueue.forwarding.request.duration", "s", "Time until the other node had answered, long polls included.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        });
    }

    public void Began() => active.Add(1);

    public void Ended(ForwardedCall call, ErrorCode outcome, TimeSpan took)
    {
        active.Add(-1);
        forwarded.Add(1, Kind(call), Outcome(outcome));
        duration.Record(took.TotalSeconds, Kind(call));
    }

    public void Carried(long count) => bytes.Add(count);

    public void Repeated() => repeated.Add(1);

    public void Handled(ForwardedCall call, ErrorCode outcome) => handled.Add(1, Kind(call), Outcome(outcome));

    public void Dispose() => meter.Dispose();

    private static KeyValuePair<string, object?> Outcome(ErrorCode outcome) => new("outcome", outcome == ErrorCode.None ? "OK" : ErrorCodes.Name(outcome));

    private static KeyValuePair<string, object?> Kind(ForwardedCall call) => new("kind", call switch
    {
        ForwardedCall.Publish => "publish",
        ForwardedCall.Fetch => "fetch",
        _ => "offsets",
    });
}
