using System.Diagnostics.Metrics;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Server.Peers;

/// <summary>What goes between this node and the others. Counted by the side that asks; labels are the three channels.</summary>
internal sealed class PeerMetrics : IDisposable
{
    private readonly Meter meter;
    private readonly Counter<long> requestBytes;
    private readonly Counter<long> replyBytes;
    private readonly Counter<long> failures;
    private readonly Histogram<double> roundTrip;

    public PeerMetrics(IMeterFactory meters)
    {
        meter = meters.Create("GoQueue.Peers");
        requestBytes = meter.CreateCounter<long>("goqueue.peer.request.bytes", "By", "Bytes of messages and requests that this node sent to others, by channel.");
        replyBytes = meter.CreateCounter<long>("goqueue.peer.reply.bytes", "By", "Bytes of replies that this node got from others, replicated data among them, by channel.");
        failures = meter.CreateCounter<long>("goqueue.peer.call.failures", null, "Calls to other nodes that got no reply: no link, too much under way, broken, or too late; by channel.");
        roundTrip = meter.CreateHistogram("goqueue.peer.round.trip", "s", "Round trips of calls on the control channel, which are heartbeats.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
        });
    }

    /// <summary>A gauge over the links, read when the metrics are scraped.</summary>
    public void ObserveLinks(Func<int> linked) => meter.CreateObservableGauge("goqueue.peer.links", linked, null, "Other nodes that this one has a link to.");

    public void Sent(PeerChannel channel, int bytes) => requestBytes.Add(bytes, Label(channel));

    public void Answered(PeerChannel channel, in Result<SharedBuffer> answer, TimeSpan took)
    {
        if (answer.IsOk)
        {
            replyBytes.Add(answer.Value.Length, Label(channel));
        }
        else if (answer.Error.Code is ErrorCode.Unreachable or ErrorCode.Overloaded or ErrorCode.OutcomeUnknown or ErrorCode.Timeout)
        {
            failures.Add(1, Label(channel));
        }

        if (channel == PeerChannel.Control && answer.IsOk)
        {
            roundTrip.Record(took.TotalSeconds);
        }
    }

    public void Dispose() => meter.Dispose();

    private static KeyValuePair<string, object?> Label(PeerChannel channel) => new("channel", channel switch
    {
        PeerChannel.Control => "control",
        PeerChannel.Request => "request",
        _ => "bulk",
    });
}
