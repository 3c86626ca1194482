using System.Diagnostics.Metrics;

namespace GoQueue.Simulation.Hosts;

/// <summary>Meters of one process of a node. Nobody listens; they are only freed.</summary>
internal sealed class ProcessMeters : IMeterFactory
{
    private readonly List<Meter> meters = [];

    public Meter Create(MeterOptions options)
    {
        Meter meter = new(options);
        meters.Add(meter);
        return meter;
    }

    public void Dispose() => meters.ForEach(static meter => meter.Dispose());
}
