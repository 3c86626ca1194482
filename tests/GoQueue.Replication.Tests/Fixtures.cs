using GoQueue.Core;
using GoQueue.Replication.Tests.Randomised;

namespace GoQueue.Replication.Tests;

/// <summary>Three nodes, short names for the facts of a test.</summary>
internal static class Fixtures
{
    public static readonly NodeId N1 = new("n1");
    public static readonly NodeId N2 = new("n2");
    public static readonly NodeId N3 = new("n3");
    public static readonly TimeSpan Start = TimeSpan.FromHours(1);

    /// <summary>A view; broker epochs are 1, 2, 3 unless given, everybody is eligible unless named.</summary>
    public static PartitionView View(
        int epoch, int partitionEpoch, NodeId? leader, NodeId[] inSync, int min = 2, NodeId[]? fenced = null, long[]? brokers = null) => new(
        new LeaderEpoch(epoch),
        new PartitionEpoch(partitionEpoch),
        leader,
        [.. new[] { N1, N2, N3 }.Select((node, index) => new ReplicaView(node, new BrokerEpoch(brokers?[index] ?? index + 1), inSync.Contains(node), !(fenced ?? []).Contains(node)))],
        min);

    public static ModelLog LogOf(params (int Epoch, int Count)[] runs)
    {
        ModelLog log = new();
        int value = 0;
        foreach ((int epoch, int count) in runs)
        {
            for (int index = 0; index < count; index++)
            {
                log.Append(epoch, ++value);
            }
        }

        log.Flush();
        return log;
    }
}

/// <summary>n1 as the leader of epoch 1 over a log of epoch 0, and what its followers do to it.</summary>
internal sealed class LeaderScene
{
    public LeaderScene(int records = 5, PartitionView? view = null, ReplicaOptions? options = null, long promised = 0, long told = 0)
    {
        Log = Fixtures.LogOf((0, records));
        Replica = new PartitionReplica(Fixtures.N1, options ?? new ReplicaOptions { MaxLag = TimeSpan.FromSeconds(10) });
        Replica.Open(Offset.Zero, new Offset(records), Offset.Zero, new Offset(promised), new Offset(told));
        View = view ?? Fixtures.View(1, 1, Fixtures.N1, [Fixtures.N1, Fixtures.N2, Fixtures.N3]);
        Log.Assign(View.LeaderEpoch.Value);
        Replica.BecomeLeader(View, new Offset(records), new Offset(records), Now);
    }

    public ModelLog Log { get; }

    public PartitionReplica Replica { get; }

    public PartitionView View { get; private set; }

    public TimeSpan Now { get; set; } = Fixtures.Start;

    public long HighWatermark => Replica.HighWatermark.Value;

    public void Append(int count, bool flush = true)
    {
        for (int index = 0; index < count; index++)
        {
            Log.Append(View.LeaderEpoch.Value, 100 + index);
        }

        Replica.LogAppended(new Offset(Log.End));
        if (flush)
        {
            Log.Flush();
            Replica.LogBecameDurable(new Offset(Log.End), Now);
        }
    }

    public FetchVerdict Fetch(NodeId node, long offset, int? epoch = null, int? lastEpoch = null, long? broker = null, bool isStuck = false, long promised = 0)
    {
        LeaderEpoch last = lastEpoch is { } given ? new LeaderEpoch(given) : offset == 0 || offset > Log.End ? LeaderEpoch.None : Log.EpochAt(new Offset(offset - 1));
        FetchPosition position = new(new LeaderEpoch(epoch ?? View.LeaderEpoch.Value), new Offset(offset), last, new Offset(promised), 1) { IsStuck = isStuck };
        return Replica.Fetched(node, new BrokerEpoch(broker ?? node.Value[1] - '0'), position, Offset.Zero, Log, Now);
    }

    public bool Change(PartitionView view)
    {
        View = view;
        return Replica.ViewChanged(view, Now);
    }
}
