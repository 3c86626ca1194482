using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Invariants;

/// <summary>What is known of the replicas of one partition, on whatever nodes they are.</summary>
internal sealed class PartitionFacts(TopicPartition partition, IReadOnlyList<SimulatedHost> hosts)
{
    private readonly Seen[] seen = [.. hosts.Select(_ => Seen.Nothing)];
    private readonly PartitionLoop?[] loops = new PartitionLoop?[hosts.Count];
    private readonly Dictionary<int, int> leaders = [];

    /// <summary>Everything below was committed by some leader.</summary>
    public Offset CommittedEnd { get; private set; } = Offset.Zero;

    /// <summary>First registration of the disk that is in each host now; no proof older than that concerns this disk.</summary>
    public required IReadOnlyList<BrokerEpoch> Disks { get; init; }

    public void Restarted(int host)
    {
        loops[host] = null;
        seen[host] = seen[host] with { Role = ReplicaRole.None, HighWatermark = -1, Epoch = -1, IsLive = false };
    }

    public void Wiped(int host)
    {
        loops[host] = null;
        seen[host] = Seen.Nothing;
    }

    /// <summary>Looks again at the replica that this host had, if it had one.</summary>
    public void SeesAgain(int host, MetadataImage newest)
    {
        if (loops[host] is { } loop)
        {
            Sees(host, loop, newest);
        }
    }

    public void Sees(int host, PartitionLoop loop, MetadataImage newest)
    {
        if (!ReferenceEquals(loops[host], loop))
        {
            // Opened anew after a restart; or, within one life of the process, on an empty log after the replica was taken away and given back.
            seen[host] = loops[host] is null ? seen[host] : Seen.Nothing;
            loops[host] = loop;
        }

        PartitionReplica replica = loop.Replica;
        Seen before = seen[host];
        Seen now = new(loop.FlushedOffset.Value, replica.Role, replica.Epoch.Value, loop.HighWatermark.Value, IsLive: !loop.HasFailed);
        if (now == before)
        {
            return;
        }

        seen[host] = now;
        SimulationFailure.Unless(now.Epoch >= before.Epoch, "M2", $"{Name(host)} goes from leader epoch {before.Epoch} back to {now.Epoch}");
        SimulationFailure.Unless(
            now.HighWatermark <= now.Durable, "rule 1", $"{Name(host)} counts everything below {now.HighWatermark} as committed and has flushed up to {now.Durable}");
        if (now.Role == ReplicaRole.Leader)
        {
            Leads(host, before, now, replica.View, newest);
        }
    }

    private void Leads(int host, in Seen before, in Seen now, PartitionView view, MetadataImage newest)
    {
        if (!leaders.TryAdd(now.Epoch, host))
        {
            SimulationFailure.Unless(leaders[now.Epoch] == host, "M1", $"{Name(host)} and {Name(leaders[now.Epoch])} both lead epoch {now.Epoch}");
        }

        bool isSameLeadership = before.Role == ReplicaRole.Leader && before.Epoch == now.Epoch;
        SimulationFailure.Unless(
            !isSameLeadership || now.HighWatermark >= before.HighWatermark,
            "R7",
            $"the high watermark of {Name(host)} falls from {before.HighWatermark} to {now.HighWatermark} in epoch {now.Epoch}");
        if (isSameLeadership && now.HighWatermark == before.HighWatermark)
        {
            return;
        }

        if (!isSameLeadership || now.HighWatermark > CommittedEnd.Value)
        {
            CheckHolders(host, now, view);
            CheckElectable(host, now, newest);
        }

        CommittedEnd = Offset.Max(CommittedEnd, new Offset(now.HighWatermark));
    }

    /// <summary>R1, R3: what a leader counts as committed is on the device of every replica that it takes for in sync.</summary>
    private void CheckHolders(int leader, in Seen now, PartitionView view)
    {
        foreach (ReplicaView replica in view.Replicas)
        {
            if (replica.IsInSync)
            {
                CheckHolds(leader, now, replica.Node, replica.BrokerEpoch, "which it takes for in sync");
            }
        }
    }

    /// <summary>The same for those that the metadata would elect now, as long as it is still this leader's epoch.</summary>
    private void CheckElectable(int leader, in Seen now, MetadataImage newest)
    {
        if (newest.TryGetPartition(partition, out PartitionImage? image) && image.LeaderEpoch.Value == now.Epoch)
        {
            foreach (NodeId node in image.InSync)
            {
                BrokerEpoch registered = newest.TryGetBroker(node, out BrokerImage? broker) ? broker.Epoch : BrokerEpoch.None;
                CheckHolds(leader, now, node, registered, $"which is in the ISR {image.InSync} of partition epoch {image.PartitionEpoch}");
            }
        }
    }

    /// <param name="registered">The registration that is spoken of; it may be one of a disk that is gone, which nobody knows yet.</param>
    private void CheckHolds(int leader, in Seen now, NodeId node, BrokerEpoch registered, string why)
    {
        for (int host = 0; host < hosts.Count; host++)
        {
            if (hosts[host].Node == node && registered >= Disks[host])
            {
                SimulationFailure.Unless(
                    seen[host].Durable >= now.HighWatermark,
                    "R1",
                    $"{Name(leader)} counts everything below {now.HighWatermark} as committed in epoch {now.Epoch}; {node}, {why}, has flushed up to {seen[host].Durable}");
            }
        }
    }

    private string Name(int host) => $"{partition} on {hosts[host].Node}";

    /// <param name="Durable">Everything below was flushed there; it outlives the process.</param>
    private readonly record struct Seen(long Durable, ReplicaRole Role, int Epoch, long HighWatermark, bool IsLive)
    {
        public static readonly Seen Nothing = new(0, ReplicaRole.None, -1, -1, IsLive: false);
    }
}
