using System.Diagnostics.Metrics;

namespace GoQueue.Consensus;

/// <summary>The instruments of this module, <c>goqueue.raft.*</c>.</summary>
internal sealed class RaftMetrics : IDisposable
{
    private readonly Meter meter;
    private readonly Counter<long> elections;
    private readonly Counter<long> proposals;

    public RaftMetrics(IMeterFactory factory, Feed<StatusFacts> status)
    {
        meter = factory.Create("GoQueue.Raft");
        elections = meter.CreateCounter<long>("goqueue.raft.elections", description: "Elections that this node began.");
        proposals = meter.CreateCounter<long>("goqueue.raft.proposals", description: "Metadata changes proposed here that were decided.");
        meter.CreateObservableGauge("goqueue.raft.term", () => status.Newest.Term, description: "Term of the metadata quorum.");
        meter.CreateObservableGauge("goqueue.raft.commit", () => status.Newest.Commit, description: "Last entry of the metadata log known to be decided.");
        meter.CreateObservableGauge("goqueue.raft.applied", () => status.Newest.Applied, description: "Last entry of the metadata log applied here.");
        meter.CreateObservableGauge("goqueue.raft.leader", () => status.Newest.MayAct ? 1 : 0, description: "1 on the node that leads the metadata quorum.");
    }

    public void ElectionStarted() => elections.Add(1);

    public void Decided(int count) => proposals.Add(count);

    public void Dispose() => meter.Dispose();
}
