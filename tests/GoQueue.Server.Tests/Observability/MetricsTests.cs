using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using GoQueue.Server.Observability.Metrics;
using GoQueue.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace GoQueue.Server.Tests.Observability;

public sealed class MetricsTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Meter meter;
    private readonly MetricCollector collector;

    public MetricsTests()
    {
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        collector = new MetricCollector(factory);
        meter = factory.Create("GoQueue.Test");
    }

    public void Dispose()
    {
        collector.Dispose();
        services.Dispose();
    }

    [Fact]
    public void Names_follow_the_convention_in_base_units()
    {
        meter.CreateCounter<long>("goqueue.test.things", null, "Things.").Add(3);
        meter.CreateCounter<long>("goqueue.test.moved.bytes", "By", "Bytes.").Add(4);
        meter.CreateHistogram<double>("goqueue.test.wait", "ms", "Waits.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 1000] }).Record(500);
        meter.CreateObservableGauge("goqueue.test.depth", () => 7L, "{message}", "Depth.");
        string text = Render();
        Assert.Contains("# HELP goqueue_test_things_total Things.\n# TYPE goqueue_test_things_total counter\ngoqueue_test_things_total 3\n", text, StringComparison.Ordinal);
        Assert.Contains("goqueue_test_moved_bytes_total 4\n", text, StringComparison.Ordinal);
        Assert.Contains("goqueue_test_wait_seconds_bucket{le=\"0.001\"} 0\ngoqueue_test_wait_seconds_bucket{le=\"1\"} 1\ngoqueue_test_wait_seconds_bucket{le=\"+Inf\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("goqueue_test_wait_seconds_sum 0.5\ngoqueue_test_wait_seconds_count 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE goqueue_test_depth gauge\ngoqueue_test_depth 7\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_and_help_are_escaped()
    {
        meter.CreateCounter<long>("goqueue.test.odd", null, "A \\ and\na line.").Add(1, new KeyValuePair<string, object?>("a.b", "q\"u\\o\nte"));
        string text = Render();
        Assert.Contains("# HELP goqueue_test_odd_total A \\\\ and\\na line.\n", text, StringComparison.Ordinal);
        Assert.Contains("goqueue_test_odd_total{a_b=\"q\\\"u\\\\o\\nte\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenMetrics_has_units_plain_counter_names_and_an_end()
    {
        meter.CreateCounter<long>("goqueue.test.moved", "By", "Bytes.").Add(4);
        string text = Render(openMetrics: true);
        Assert.Contains("# TYPE goqueue_test_moved_bytes counter\n# UNIT goqueue_test_moved_bytes bytes\ngoqueue_test_moved_bytes_total 4\n", text, StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_series_is_bounded_and_nothing_is_lost_in_the_sum()
    {
        Counter<long> counter = meter.CreateCounter<long>("goqueue.test.wild");
        for (int i = 0; i < MetricFamily.MaxSeries + 500; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        string text = Render();
        Assert.Equal(MetricFamily.MaxSeries + 1, SampleOf("goqueue_test_wild_total").Count(text));
        Assert.Contains("goqueue_test_wild_total{otel_metric_overflow=\"true\"} 500\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Observed_series_that_are_no_longer_there_disappear()
    {
        bool both = true;
        meter.CreateObservableGauge("goqueue.test.here", () => both
            ? new Measurement<long>[] { new(1, new KeyValuePair<string, object?>("p", "0")), new(2, new KeyValuePair<string, object?>("p", "1")) }
            : [new(3, new KeyValuePair<string, object?>("p", "0"))]);
        Assert.Equal(2, SampleOf("goqueue_test_here").Count(Render()));
        both = false;
        string text = Render();
        Assert.Contains("goqueue_test_here{p=\"0\"} 3\n", text, StringComparison.Ordinal);
        Assert.Equal(1, SampleOf("goqueue_test_here").Count(text));
    }

    [Fact]
    public void Measuring_from_many_threads_counts_everything()
    {
        Counter<long> counter = meter.CreateCounter<long>("goqueue.test.busy");
        Histogram<double> histogram = meter.CreateHistogram<double>("goqueue.test.took", "s");
        Parallel.For(0, 40_000, i =>
        {
            counter.Add(1, new KeyValuePair<string, object?>("k", (i % 3).ToString()));
            histogram.Record(0.001);
        });
        string text = Render();
        Assert.Equal(40_000, SampleOf("goqueue_test_busy_total").Matches(text).Sum(match => int.Parse(match.Groups[1].ValueSpan)));
        Assert.Contains("goqueue_test_took_seconds_count 40000\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Measuring_allocates_nothing()
    {
        Counter<long> counter = meter.CreateCounter<long>("goqueue.test.lean");
        object route = "/v1";
        Measure(counter, route, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Measure(counter, route, 10_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public async Task The_metrics_listener_serves_metrics_and_nothing_else()
    {
        await using TestNode node = await TestNode.StartAsync();
        await node.CreateTopicAsync("counted");
        await node.PublishAsync("counted", """{"value":1}""");
        using HttpClient client = new() { BaseAddress = new Uri($"http://{node.Host.Addresses.Metrics}") };
        using HttpResponseMessage response = await client.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        string text = await response.Content.ReadAsStringAsync();
        Assert.Contains("goqueue_producer_messages_total 1\n", text, StringComparison.Ordinal);
        Assert.Contains("goqueue_http_requests_total{method=\"POST\",route=\"/v1/topics/{topic}/publish\",status=\"200\"} 1\n", text, StringComparison.Ordinal);
        foreach (string name in new[] { "process_cpu_seconds_total", "process_resident_memory_bytes", "process_threads", "dotnet_gc_collections_total", "goqueue_build_info" })
        {
            Assert.Contains($"\n# TYPE {name} ", text, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri("/v1/topics", UriKind.Relative))).StatusCode);
        using HttpRequestMessage open = new(HttpMethod.Get, new Uri("/metrics", UriKind.Relative));
        open.Headers.TryAddWithoutValidation("accept", "application/openmetrics-text; version=1.0.0");
        Assert.EndsWith("# EOF\n", await (await client.SendAsync(open)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static void Measure(Counter<long> counter, object route, int times)
    {
        for (int i = 0; i < times; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("route", route));
        }
    }

    private static Regex SampleOf(string name) => new($@"^{name}(?:{{.*}})? (\d+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking);

    private string Render(bool openMetrics = false)
    {
        TextExposition text = new(openMetrics);
        collector.Collect(text.Write);
        return Encoding.UTF8.GetString(text.Finish());
    }
}
