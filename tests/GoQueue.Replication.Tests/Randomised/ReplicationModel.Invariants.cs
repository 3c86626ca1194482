using GoQueue.Core;

namespace GoQueue.Replication.Tests.Randomised;

/// <summary>The invariants a to d, after every step.</summary>
internal sealed partial class ReplicationModel
{
    private Offset start = Offset.Zero; // the highest that any leader knew

    private void Check()
    {
        foreach (ModelNode node in nodes.Where(node => node.IsUp))
        {
            Answer(node);
            bool isLeader = node.Replica.Role == ReplicaRole.Leader;
            if (isLeader && node.WatermarkEpoch == node.Replica.Epoch)
            {
                Assert.True(node.Replica.HighWatermark >= node.SeenWatermark, "c: the high watermark went back on one leader");
            }

            node.SeenWatermark = node.Replica.HighWatermark;
            node.WatermarkEpoch = isLeader ? node.Replica.Epoch : LeaderEpoch.None;
        }

        if (!isUnclean)
        {
            CheckStart();
            CheckAcknowledged();
            CheckAgreement();
        }
    }

    private static void Answer(ModelNode node, Action<int, int> answered)
    {
        if (node.Replica.Role != ReplicaRole.Leader)
        {
            return;
        }

        while (node.Awaiting is [var (end, value), ..] && node.Replica.HighWatermark.Value >= end)
        {
            node.Awaiting.RemoveAt(0);
            answered(end - 1, value);
        }
    }

    private void Answer(ModelNode node) => Answer(node, (offset, value) => Remember(acknowledged, offset, value, "a: two records acknowledged at one offset"));

    private void Remember(Dictionary<int, int> known, int offset, int value, string rule)
    {
        Assert.True(isUnclean || !known.TryGetValue(offset, out int before) || before == value, $"{rule} (offset {offset})");
        known[offset] = value;
    }

    /// <summary>a, strong form: whoever may be elected holds every acknowledged record on its device.</summary>
    private void CheckAcknowledged()
    {
        foreach (ModelNode node in nodes)
        {
            bool mayLead = (controller.InSync.Contains(node.Id) || controller.Eligible.Contains(node.Id)) && !wipedUnseen.Contains(node.Id.Value);
            if (!mayLead)
            {
                continue;
            }

            foreach ((int offset, int value) in acknowledged)
            {
                bool holds = offset < node.Log.Durable && node.Log[offset].Value == value;
                Assert.True(holds, $"a: {node.Id} may be elected and does not hold the acknowledged record at {offset}");
            }
        }
    }

    /// <summary>L12 of the start (ADR 0017): no leader knows a lower one than a leader before it, because whoever may be elected has promised it.</summary>
    private void CheckStart()
    {
        foreach (ModelNode node in nodes.Where(node => node.IsUp && node.Replica.KnowsStart))
        {
            bool isNewest = node.Replica.Epoch == controller.View.LeaderEpoch;
            Assert.True(!isNewest || node.Replica.LogStart >= start, $"the start went back from {start} to {node.Replica.LogStart} on {node.Id}");
            start = Offset.Max(start, node.Replica.LogStart);
        }

        foreach (ModelNode node in nodes)
        {
            bool mayLead = (controller.InSync.Contains(node.Id) || controller.Eligible.Contains(node.Id)) && !wipedUnseen.Contains(node.Id.Value);
            Assert.True(!mayLead || node.Start.Promised >= start, $"{node.Id} may be elected and has promised {node.Start.Promised} only, a leader told {start}");
        }
    }

    private void CheckAgreement()
    {
        for (int left = 0; left < nodes.Length; left++)
        {
            for (int right = left + 1; right < nodes.Length; right++)
            {
                if (!nodes[left].IsUp || !nodes[right].IsUp)
                {
                    continue;
                }

                long common = Math.Min(nodes[left].Replica.HighWatermark.Value, nodes[right].Replica.HighWatermark.Value);
                for (int offset = 0; offset < common; offset++)
                {
                    Assert.True(nodes[left].Log[offset].Value == nodes[right].Log[offset].Value, $"b: {nodes[left].Id} and {nodes[right].Id} differ at {offset} below both watermarks");
                }
            }
        }
    }
}
