using GoQueue.Core;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Topics;
using GoQueue.Simulation.World;
using Microsoft.Extensions.Logging;

namespace GoQueue.Simulation.Invariants;

/// <summary>The metadata images of all nodes: one state per version, and every change one that the rules allow.</summary>
internal sealed class ImageChecker(SimulationLoop loop)
{
    private readonly Dictionary<long, ulong> digests = [];
    private readonly Dictionary<int, MetadataImage> applied = [];

    public MetadataImage Newest { get; private set; } = MetadataImage.Empty;

    public void Restarted(int host) => applied.Remove(host);

    public void Sees(int host, MetadataImage image)
    {
        applied.TryGetValue(host, out MetadataImage? before);
        if (ReferenceEquals(before, image))
        {
            return;
        }

        applied[host] = image;
        SimulationFailure.Unless(before is null || image.Version > before.Version, "M2", $"the image of node {host} goes from version {before?.Version} to {image.Version}");
        ulong digest = DigestOf(image);
        if (!digests.TryAdd(image.Version, digest))
        {
            SimulationFailure.Unless(digests[image.Version] == digest, "M4", $"the image of node {host} at version {image.Version} differs from that of others");
        }

        if (image.Version > Newest.Version)
        {
            CheckChange(Newest, image);
            if (loop.LogLevel <= LogLevel.Debug)
            {
                Tell(host, Newest, image);
            }

            Newest = image;
        }
    }

    /// <summary>For people who look at one seed.</summary>
    private void Tell(int host, MetadataImage before, MetadataImage after)
    {
        foreach (TopicImage topic in after.Topics)
        {
            foreach (PartitionImage partition in topic.Partitions)
            {
                TopicPartition id = new(topic.Id, partition.Index);
                if (!before.TryGetPartition(id, out PartitionImage? known) || known.PartitionEpoch != partition.PartitionEpoch)
                {
                    loop.Trace.Note(
                        loop.Now,
                        "image",
                        host,
                        $"{after.Version}: {id} led by {partition.Leader} e{partition.LeaderEpoch} p{partition.PartitionEpoch} isr {partition.InSync} elr {partition.EligibleLeaders} of {partition.Replicas} adding {partition.Adding} min {topic.Settings.MinInSyncReplicas}");
                }
            }
        }
    }

    private static void CheckChange(MetadataImage before, MetadataImage after)
    {
        SimulationFailure.Unless(after.NextProducerId.Value >= before.NextProducerId.Value, "M2", $"the next producer id falls from {before.NextProducerId} to {after.NextProducerId}");
        foreach (TopicImage topic in before.Topics)
        {
            if (!after.TryGetTopic(topic.Id, out TopicImage? now))
            {
                SimulationFailure.Unless(after.IsDeleted(topic.Id), "M6", $"topic {topic.Name} is gone and was not deleted");
                continue;
            }

            foreach (PartitionImage partition in topic.Partitions)
            {
                CheckChange(topic, partition, now.Partitions[partition.Index.Value], after.EventCount > before.EventCount);
            }
        }

        foreach (TopicImage topic in after.Topics)
        {
            SimulationFailure.Unless(!before.IsDeleted(topic.Id), "M6", $"topic {topic.Name} was deleted and is there again");
        }
    }

    private static void CheckChange(TopicImage topic, PartitionImage before, PartitionImage after, bool hasEvent)
    {
        string name = $"{topic.Id}-{before.Index}";
        SimulationFailure.Unless(
            after.LeaderEpoch >= before.LeaderEpoch && after.PartitionEpoch.Value >= before.PartitionEpoch.Value,
            "M2",
            $"{name} goes from epochs {before.LeaderEpoch}/{before.PartitionEpoch} to {after.LeaderEpoch}/{after.PartitionEpoch}");
        SimulationFailure.Unless(
            after.Leader == before.Leader || after.LeaderEpoch > before.LeaderEpoch, "E1", $"the leader of {name} changes from {before.Leader} to {after.Leader} within epoch {after.LeaderEpoch}");

        // A step of one: what lies between two images that are farther apart was not seen.
        if (after.PartitionEpoch.Value == before.PartitionEpoch.Value + 1 && after.Leader is { } leader && before.Leader != after.Leader)
        {
            SimulationFailure.Unless(
                before.InSync.Contains(leader) || before.EligibleLeaders.Contains(leader) || hasEvent,
                "M3",
                $"{leader} leads {name} from epoch {after.LeaderEpoch} on; it was neither in the ISR {before.InSync} nor in the ELR {before.EligibleLeaders}");
        }
    }

    private static ulong DigestOf(MetadataImage image)
    {
        ulong digest = (ulong)image.NextProducerId.Value + 17;
        foreach (BrokerImage broker in image.Brokers)
        {
            Mix(ref digest, broker.Node);
            Mix(ref digest, (ulong)broker.Epoch.Value);
            Mix(ref digest, (broker.IsFenced ? 1UL : 0) | (broker.IsDraining ? 2UL : 0) | (broker.IsStopping ? 4UL : 0));
        }

        foreach (TopicImage topic in image.Topics)
        {
            Mix(ref digest, (ulong)topic.Version);
            foreach (PartitionImage partition in topic.Partitions)
            {
                Mix(ref digest, (ulong)partition.LeaderEpoch.Value);
                Mix(ref digest, (ulong)partition.PartitionEpoch.Value);
                Mix(ref digest, partition.Leader ?? new NodeId("-"));
                Mix(ref digest, partition.Replicas);
                Mix(ref digest, partition.InSync);
                Mix(ref digest, partition.EligibleLeaders);
            }
        }

        return digest;
    }

    private static void Mix(ref ulong digest, IEnumerable<NodeId> nodes)
    {
        foreach (NodeId node in nodes)
        {
            Mix(ref digest, node);
        }

        Mix(ref digest, 7);
    }

    private static void Mix(ref ulong digest, NodeId node)
    {
        foreach (char letter in node.Value)
        {
            Mix(ref digest, letter);
        }
    }

    private static void Mix(ref ulong digest, ulong value)
    {
        digest = (digest ^ value) * 0xD6E8FEB86659FD93UL;
        digest ^= digest >> 31;
    }
}
