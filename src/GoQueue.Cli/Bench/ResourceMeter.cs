using System.Diagnostics;

namespace GoQueue.Cli.Bench;

/// <summary>What was used between two instants, by this process and by the broker when its process is known.</summary>
internal sealed class ResourceMeter(int? serverProcess)
{
    private ProcessUsage self;
    private ProcessUsage? server;
    private long start;
    private int collections;

    public double Seconds { get; private set; }

    private double ClientProcessorSeconds { get; set; }

    private double ServerProcessorSeconds { get; set; } = double.NaN;

    private long AllocatedBytes { get; set; }

    private long Collections { get; set; }

    private double ServerResidentMegabytes { get; set; } = double.NaN;

    public void Start()
    {
        self = ProcessUsage.OfThis();
        server = serverProcess is { } id ? ProcessUsage.Of(id) : null;
        collections = GC.CollectionCount(0);
        start = Stopwatch.GetTimestamp();
    }

    public void Stop()
    {
        Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        ProcessUsage now = ProcessUsage.OfThis();
        ClientProcessorSeconds = (now.Processor - self.Processor).TotalSeconds;
        AllocatedBytes = now.AllocatedBytes - self.AllocatedBytes;
        Collections = GC.CollectionCount(0) - collections;
        if (server is { } before && serverProcess is { } id && ProcessUsage.Of(id) is { } after)
        {
            ServerProcessorSeconds = (after.Processor - before.Processor).TotalSeconds;
            ServerResidentMegabytes = after.ResidentBytes / 1e6;
        }
    }

    public void AddTo(BenchReport report, long messages)
    {
        double million = Math.Max(1, messages) / 1e6;
        report.Add("resources")
            .Number("clientCpuSecondsPerMillion", ClientProcessorSeconds / million, 3)
            .Number("clientCores", ClientProcessorSeconds / Math.Max(0.001, Seconds), 2)
            .Number("clientAllocatedBytesPerMessage", AllocatedBytes / (double)Math.Max(1, messages), 2)
            .Number("clientCollections", Collections, 0)
            .Number("serverCpuSecondsPerMillion", ServerProcessorSeconds / million, 3)
            .Number("serverCores", ServerProcessorSeconds / Math.Max(0.001, Seconds), 2)
            .Number("serverResidentMb", ServerResidentMegabytes, 1);
    }
}
