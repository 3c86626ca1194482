using GoQueue.Cli.Hosting;
using GoQueue.Cli.Values;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary>The conditions a figure was taken under.</summary>
internal static class BenchConditions
{
    public static BenchReport.Section Add(BenchReport report, Session session, BenchTopic topic, LoadPlan plan, ProducerOptions options) => report.Add("conditions")
        .Text("server", session.Server.ToString())
        .Text("topic", topic.Name)
        .Number("partitions", topic.Partitions, 0)
        .Text("flushMode", topic.FlushMode)
        .Text("acks", options.Acks.ToString().ToLowerInvariant())
        .Number("valueBytes", plan.Size, 0)
        .Number("batchBytes", options.BatchBytes, 0)
        .Number("batchMessages", options.BatchMessages, 0)
        .Text("linger", DurationText.Format(options.Linger))
        .Text("compression", options.Compression.ToString().ToLowerInvariant())
        .Number("producers", plan.Producers, 0)
        .Text("load", plan.Rate is null ? "saturated" : "open loop")
        .Number("rate", plan.Rate ?? double.NaN, 0)
        .Text("warmUp", DurationText.Format(plan.WarmUp))
        .Text("client", VersionCommand.Number)
        .Text("at", InstantText.Format(session.Environment.Time.GetUtcNow().ToUnixTimeMilliseconds()));
}
