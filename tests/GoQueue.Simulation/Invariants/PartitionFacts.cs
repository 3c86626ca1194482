using System.Buffers;
using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Replication;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.World;
using GoQueue.Storage;

namespace GoQueue.Simulation.Invariants;

/// <summary>What is known of the replicas of one partition, on whatever nodes they are.</summary>
internal sealed class PartitionFacts(TopicPartition partition, bool isCompacted, IReadOnlyList<SimulatedHost> hosts)
{
    private readonly Seen[] seen = [.. hosts.Select(_ => Seen.Nothing)];
    private readonly PartitionLoop?[] loops = new PartitionLoop?[hosts.Count];
    private readonly CommitCount[] counts = new CommitCount[hosts.Count]; // the last of each replica that was looked at
    private readonly Dictionary<int, int> leaders = [];
    private readonly long[] compared = new long[hosts.Count]; // batches below were held against those of the others
    private readonly long[] starts = new long[hosts.Count]; // of the logs
    private readonly ArrayBufferWriter<byte> folded = new();
    private PartitionImage? checkedImage;

    /// <summary>Everything below was committed by some leader.</summary>
    public Offset CommittedEnd { get; private set; } = Offset.Zero;

    /// <summary>What stands below the high watermarks.</summary>
    public CommittedBatches Committed { get; } = new(partition, isCompacted);

    /// <summary>The highest start that a leader ever knew to be that of the partition: what is before may be refused or gone.</summary>
    public Offset Start { get; private set; } = Offset.Zero;

    /// <summary>First registration of the disk that is in each host now; no proof older than that concerns this disk.</summary>
    public required IReadOnlyList<BrokerEpoch> Disks { get; init; }

    public void Restarted(int host)
    {
        loops[host] = null;
        compared[host] = 0;
        seen[host] = seen[host] with { Role = ReplicaRole.None, HighWatermark = -1, Epoch = -1, IsLive = false };
    }

    public void Wiped(int host)
    {
        loops[host] = null;
        compared[host] = 0;
        starts[host] = 0;
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
        bool isReopened = !ReferenceEquals(loops[host], loop);
        if (isReopened)
        {
            // Opened anew after a restart; or, within one life of the process, on an empty log after the replica was taken away and given back.
            seen[host] = loops[host] is null ? seen[host] : Seen.Nothing;
            compared[host] = 0;
            counts[host] = default;
            loops[host] = loop;
            starts[host] = loop.FirstKept.Value; // a start over on an empty log skips what the leader retired; what a crash cut short was not seen
        }

        Counts(host, loop, newest);
        if (loop.FirstKept.Value != starts[host])
        {
            CheckRemoved(host, loop);
        }

        PartitionReplica replica = loop.Replica;
        Seen before = seen[host];
        Seen now = new(loop.FlushedOffset.Value, replica.Role, replica.Epoch.Value, replica.HighWatermark.Value, loop.EndOffset.Value, IsLive: !loop.HasEnded)
        {
            Promised = replica.PromisedStart.Value,
            Start = replica.KnowsStart ? replica.LogStart.Value : -1,
        };
        if (now == before)
        {
            return;
        }

        seen[host] = now;
        SimulationFailure.Unless(now.Epoch >= before.Epoch, "M2", $"{Name(host)} goes from leader epoch {before.Epoch} back to {now.Epoch}");
        long known = Math.Max(before.HighWatermark, counts[host].End.Value);
        SimulationFailure.Unless(
            now.HighWatermark >= known, "rule 5", $"{Name(host)} takes back what it knew to be committed: its high watermark falls from {known} to {now.HighWatermark}");
        SimulationFailure.Unless(
            now.HighWatermark <= CommittedEnd.Value, "R1", $"{Name(host)} takes everything below {now.HighWatermark} for committed, and no leader ever counted more than {CommittedEnd}");
        SimulationFailure.Unless(
            now.HighWatermark <= now.Durable, "rule 1", $"{Name(host)} counts everything below {now.HighWatermark} as committed and has flushed up to {now.Durable}");
        SeesStart(host, isReopened ? before with { Promised = 0 } : before, now, newest); // opened anew it may be another log; whether it keeps what counts is looked at
        if (now.Role == ReplicaRole.Leader)
        {
            Leads(host, before, now, replica.View, newest);
        }

        if (now.IsLive && hosts[host].Process?.HasDied?.Invoke() != true)
        {
            Compare(host, loop, now);
            bool isComparable = loop.HasWholeState && Committed.Keys is null; // rebuilt from a compacted log it knows the last batch of each producer and not the four before
            if (isComparable && now.HighWatermark == now.End && (before.End != now.End || before.HighWatermark != now.HighWatermark))
            {
                folded.Clear();
                loop.State.WriteShared(folded);
                Committed.CheckState(now.End, folded.WrittenSpan, Name(host));
            }
        }
    }

    /// <summary>
    /// What a leader counted since it was looked at, whatever became of it in the same step: 1. a turn counts, and answers for it; 2. behind that in the same turn the
    /// leadership ends, or the log fails, or the process dies; 3. after the step nothing leads there, and the others have what was told.
    /// </summary>
    public void Counts(int host, PartitionLoop loop, MetadataImage newest)
    {
        Start = Offset.Max(Start, loop.Replica.LogStart); // what a follower has of it a leader knew before
        if (hosts[host].Process?.HasDied?.Invoke() == true)
        {
            // Its last promise, which the start may rest on: durable before it counts. Whether it is kept is seen at the next start.
            seen[host] = seen[host] with { Promised = Math.Max(seen[host].Promised, loop.Replica.PromisedStart.Value) };
        }

        CommitCount counted = loop.Replica.LastCount;
        CommitCount known = ReferenceEquals(loops[host], loop) ? counts[host] : default;
        if (counted.End <= known.End && ReferenceEquals(counted.View, known.View))
        {
            return;
        }

        counts[host] = counted;
        seen[host] = seen[host] with { Durable = Math.Max(seen[host].Durable, loop.FlushedOffset.Value) };
        if (counted.End > CommittedEnd)
        {
            CheckLeader(host, counted.View.LeaderEpoch.Value);
            CheckHolders(host, counted);
            CheckElectable(host, counted, newest);
            CommittedEnd = counted.End;
        }
    }

    /// <summary>
    /// The metadata changed. Whoever it would elect, at once or when the others are gone, holds everything that was ever committed: the ISR (R1) and those that left it while
    /// nothing could be committed (L2).
    /// </summary>
    public void ImageChanged(MetadataImage newest)
    {
        if (!newest.TryGetPartition(partition, out PartitionImage? image) || ReferenceEquals(image, checkedImage))
        {
            return;
        }

        checkedImage = image;
        foreach (NodeId node in image.InSync)
        {
            CheckHolds(-1, CommittedEnd, image.LeaderEpoch, node, EpochOf(newest, node), $"which is in the ISR {image.InSync} of partition epoch {image.PartitionEpoch}");
        }

        foreach (NodeId node in image.EligibleLeaders)
        {
            CheckHolds(-1, CommittedEnd, image.LeaderEpoch, node, EpochOf(newest, node), $"which is in the ELR {image.EligibleLeaders} of partition epoch {image.PartitionEpoch}");
        }

        CheckPromises(newest);
    }

    /// <summary>L13: only what is before the start that a leader knew is removed, and only from the front.</summary>
    private void CheckRemoved(int host, PartitionLoop loop)
    {
        long from = starts[host];
        long to = loop.FirstKept.Value;
        starts[host] = to;
        SimulationFailure.Unless(to >= from && to <= Start.Value, "L13", $"the log of {Name(host)} begins at {to} instead of {from}; no leader knew a higher start than {Start}");
    }

    /// <summary>
    /// L12 and L13 of the start (ADR 0017): a leader promises only what the topic's settings say and what is committed; the start that it tells is promised by everybody who may
    /// lead after it; promises are kept.
    /// </summary>
    private void SeesStart(int host, in Seen before, in Seen now, MetadataImage newest)
    {
        if (now.Promised == before.Promised && now.Start == before.Start)
        {
            return;
        }

        SimulationFailure.Unless(now.Promised >= before.Promised, "L12", $"{Name(host)} had promised to begin at {before.Promised} or behind, and promises {now.Promised}");
        bool leads = before.Role == ReplicaRole.Leader && now.Role == ReplicaRole.Leader && before.Epoch == now.Epoch;
        if (leads && now.Promised > before.Promised && newest.TryGetTopic(partition.Topic, out TopicImage? topic) && hosts[host].Process is { } process)
        {
            SimulationFailure.Unless(
                now.Promised <= Math.Max(now.HighWatermark, CommittedEnd.Value) && topic.Settings.CleanupPolicy == CleanupPolicy.Delete,
                "L13",
                $"{Name(host)} wants to begin at {now.Promised} instead of {before.Promised}; its high watermark is {now.HighWatermark}, its topic is cleaned by {topic.Settings.CleanupPolicy}");
            Committed.CheckExpired(before.Promised, now.Promised, topic.Settings.RetentionMillis, UnixMillis.From(process.Time), Name(host));
        }

        bool isNewest = now.Start >= 0 && newest.TryGetPartition(partition, out PartitionImage? image) && image.LeaderEpoch.Value == now.Epoch;
        SimulationFailure.Unless(!isNewest || now.Start >= Start.Value, "L12", $"{Name(host)} begins at {now.Start} in epoch {now.Epoch}; a leader knew the start {Start} before");
        CheckPromises(newest);
    }

    /// <summary>Whoever the metadata would elect, at once or when the others are gone, tells no lower start than any leader before.</summary>
    private void CheckPromises(MetadataImage newest)
    {
        if (Start == Offset.Zero || !newest.TryGetPartition(partition, out PartitionImage? image))
        {
            return;
        }

        foreach (NodeId node in image.InSync.Concat(image.EligibleLeaders))
        {
            for (int host = 0; host < hosts.Count; host++)
            {
                bool isMeant = hosts[host].Node == node && EpochOf(newest, node) >= Disks[host];
                SimulationFailure.Unless(
                    !isMeant || seen[host].Promised >= Start.Value,
                    "L12",
                    $"a leader of {partition} began at {Start}; {node}, in the ISR {image.InSync} or the ELR {image.EligibleLeaders} of partition epoch {image.PartitionEpoch}, has promised {seen[host].Promised}");
            }
        }
    }

    /// <summary>L13 of compacted topics, of each replica that is open now, as far as it knows things to be committed.</summary>
    public void CheckKeys()
    {
        for (int host = 0; host < hosts.Count && Committed.Keys is { } keys; host++)
        {
            if (loops[host] is { HasEnded: false } loop && hosts[host].IsUp)
            {
                keys.CheckFold(Stored(loop), loop.Replica.HighWatermark.Value, Name(host));
            }
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Stored(PartitionLoop loop)
    {
        Offset from = loop.FirstKept;
        Offset end = loop.Replica.HighWatermark;
        while (from < end)
        {
            LogRead read = loop.ReadStored(from, end);
            List<ReadOnlyMemory<byte>> batches = [];
            foreach (BufferSlice slice in read.Slices)
            {
                RecordBatchSequence sequence = new(slice.Span);
                while (sequence.MoveNext())
                {
                    batches.Add(sequence.Current.ToArray());
                }

                slice.Buffer.Release();
            }

            foreach (ReadOnlyMemory<byte> batch in batches)
            {
                yield return batch;
            }

            if (batches.Count == 0)
            {
                yield break; // nothing is left below the end
            }

            from = read.NextOffset;
        }
    }

    /// <summary>L14, at every moment and not only at the end: what is new below the high watermark is what the others have there.</summary>
    private void Compare(int host, PartitionLoop loop, in Seen now)
    {
        Offset from = Offset.Max(new Offset(compared[host]), loop.FirstKept);
        Offset end = new(now.HighWatermark);
        while (from < end)
        {
            LogRead read = loop.ReadStored(from, end);
            if (read is { Error: null, Slices.Count: 0 } && Committed.Keys is not null)
            {
                break; // compaction left nothing there
            }

            SimulationFailure.Unless(read.Error is null && read.Slices.Count > 0, "L14", $"{Name(host)} cannot be read at {from}, below its high watermark {end}: {read.Error}");
            foreach (BufferSlice slice in read.Slices)
            {
                RecordBatchSequence batches = new(slice.Span);
                while (batches.MoveNext())
                {
                    Committed.Check(batches.Current, "L14", Name(host));
                }

                slice.Buffer.Release();
            }

            from = read.NextOffset;
        }

        compared[host] = Math.Max(compared[host], from.Value);
    }

    private static BrokerEpoch EpochOf(MetadataImage image, NodeId node) => image.TryGetBroker(node, out BrokerImage? broker) ? broker.Epoch : BrokerEpoch.None;

    private void Leads(int host, in Seen before, in Seen now, PartitionView view, MetadataImage newest)
    {
        CheckLeader(host, now.Epoch);
        bool isSameLeadership = before.Role == ReplicaRole.Leader && before.Epoch == now.Epoch;
        SimulationFailure.Unless(
            !isSameLeadership || now.HighWatermark >= before.HighWatermark,
            "R7",
            $"the high watermark of {Name(host)} falls from {before.HighWatermark} to {now.HighWatermark} in epoch {now.Epoch}");
        if (!isSameLeadership)
        {
            CheckHolders(host, new CommitCount(view, new Offset(now.HighWatermark)));
            CheckElectable(host, new CommitCount(view, new Offset(now.HighWatermark)), newest);
        }
    }

    private void CheckLeader(int host, int epoch)
    {
        if (!leaders.TryAdd(epoch, host))
        {
            SimulationFailure.Unless(leaders[epoch] == host, "M1", $"{Name(host)} and {Name(leaders[epoch])} both lead epoch {epoch}");
        }
    }

    /// <summary>R1, R3: what a leader counts as committed is on the device of every replica that it takes for in sync.</summary>
    private void CheckHolders(int leader, CommitCount counted)
    {
        foreach (ReplicaView replica in counted.View.Replicas)
        {
            if (replica.IsInSync)
            {
                CheckHolds(leader, counted.End, counted.View.LeaderEpoch, replica.Node, replica.BrokerEpoch, "which it takes for in sync");
            }
        }
    }

    /// <summary>The same for those that the metadata would elect now, as long as it is still this leader's epoch.</summary>
    private void CheckElectable(int leader, CommitCount counted, MetadataImage newest)
    {
        if (newest.TryGetPartition(partition, out PartitionImage? image) && image.LeaderEpoch == counted.View.LeaderEpoch)
        {
            foreach (NodeId node in image.InSync)
            {
                CheckHolds(leader, counted.End, counted.View.LeaderEpoch, node, EpochOf(newest, node), $"which is in the ISR {image.InSync} of partition epoch {image.PartitionEpoch}");
            }
        }
    }

    /// <param name="registered">The registration that is spoken of; it may be one of a disk that is gone, which nobody knows yet.</param>
    private void CheckHolds(int leader, Offset committed, LeaderEpoch epoch, NodeId node, BrokerEpoch registered, string why)
    {
        for (int host = 0; host < hosts.Count; host++)
        {
            if (hosts[host].Node == node && registered >= Disks[host])
            {
                SimulationFailure.Unless(
                    seen[host].Durable >= committed.Value,
                    "R1",
                    $"{(leader < 0 ? partition.ToString() : Name(leader))} counts everything below {committed} as committed in epoch {epoch}; {node}, {why}, has flushed up to {seen[host].Durable}");
            }
        }
    }

    private string Name(int host) => $"{partition} on {hosts[host].Node}";

    /// <param name="Durable">Everything below was flushed there; it outlives the process.</param>
    private readonly record struct Seen(long Durable, ReplicaRole Role, int Epoch, long HighWatermark, long End, bool IsLive)
    {
        public static readonly Seen Nothing = new(0, ReplicaRole.None, -1, -1, -1, IsLive: false);

        /// <summary>Durable as well.</summary>
        public long Promised { get; init; }

        /// <summary>Where the partition begins by a leader that knows it; -1 by anybody else.</summary>
        public long Start { get; init; } = -1;
    }
}
