using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus.Tests.Formation;

/// <summary>
/// Goal: whatever is lost, repeated, delayed, crashed or wiped, there are never two clusters; and once that stops, there is one, and everybody is
/// part of it. Method: many seeds on <see cref="FormationNetwork"/>; a failing one is named.
/// </summary>
public sealed class FormationRandomTests
{
    private const int Seeds = 150;

    [Fact]
    public void A_static_list_forms_one_cluster_under_loss_and_crashes() => Run(Seeds, wipes: false, byName: false);

    [Fact]
    public void A_static_list_forms_one_cluster_even_when_disks_are_wiped() => Run(Seeds, wipes: true, byName: false);

    [Fact]
    public void Nodes_found_by_a_name_form_one_cluster_under_loss_and_crashes() => Run(Seeds, wipes: false, byName: true);

    private static void Run(int seeds, bool wipes, bool byName)
    {
        for (int seed = 0; seed < seeds; seed++)
        {
            Random random = new(seed);
            int count = random.Next(2, 8);
            NodeId[] ids = [.. Enumerable.Range(1, count).Select(i => new NodeId($"n{i}"))];
            PeerAddress[] list = [.. ids.Select(id => new PeerAddress(id, id.Value, 7000))];
            int expected = random.Next((count / 2) + 1, count + 1); // more than half
            FormationNetwork network = new(seed, ids, id => new FormationOptions
            {
                Self = id,
                Incarnation = Guid.Empty,
                Members = byName ? [] : list,
                ExpectedNodes = expected,
            });
            FindSome(network, ids, random, all: !byName);
            for (int step = 0; step < 600; step++)
            {
                switch (random.Next(100))
                {
                    case 0:
                        network.Crash(ids[random.Next(count)]);
                        break;
                    case 1 when wipes && step < 400:
                        network.Wipe(ids[random.Next(count)]);
                        break;
                    case < 10 when byName:
                        NodeId finder = ids[random.Next(count)];
                        network.Find(finder, ids[random.Next(count)]);
                        break;
                }

                network.Step(faults: true);
                Assert.True(network.DecidedNow.Count <= 1, $"seed {seed}: two clusters at step {step}");
                Assert.True(network.Fatal is null, $"seed {seed}: {network.Fatal}");
            }

            FindSome(network, ids, random, all: true);
            network.Heal();
            Assert.True(network.DecidedNow.Count == 1, $"seed {seed}: {network.DecidedNow.Count} clusters of {count} nodes in the end\n{string.Join('\n', network.Problems)}");
            Assert.True(network.Disks.All(disk => disk is { IsDecided: true }), $"seed {seed}: not everybody is part of it\n{string.Join('\n', network.Problems)}");
            Assert.True(network.Fatal is null, $"seed {seed}: {network.Fatal}");
        }
    }

    private static void FindSome(FormationNetwork network, NodeId[] ids, Random random, bool all)
    {
        foreach (NodeId id in ids)
        {
            foreach (NodeId other in ids)
            {
                if (all || random.Next(3) == 0)
                {
                    network.Find(id, other);
                }
            }
        }
    }
}
