using GoQueue.Consensus.Formation;
using GoQueue.Core;
using GoQueue.Core.Peers;

namespace GoQueue.Consensus.Tests.Formation;

public sealed class FormationMachineTests
{
    private static readonly NodeId[] Ids = [.. Enumerable.Range(1, 7).Select(i => new NodeId($"n{i}"))];
    private static readonly PeerAddress[] List = [.. Ids.Select(id => new PeerAddress(id, $"{id}.example", 7000))];

    private int drawn;

    [Fact]
    public void One_node_alone_forms_its_cluster_at_once()
    {
        FormationMachine only = Static(0, 1);
        only.Advance(TimeSpan.Zero);
        Assert.Equal(FormationStage.Formed, only.Record?.Stage);
        Assert.Equal([Ids[0]], only.Record!.Genesis.Voters.Select(member => member.Node));
    }

    [Fact]
    public void Nothing_is_proposed_before_all_of_the_list_were_heard_and_then_by_the_lowest()
    {
        FormationMachine[] nodes = [Static(0, 3), Static(1, 3), Static(2, 3)];
        Exchange(nodes[0], nodes[1]);
        Assert.Null(nodes[0].Record);
        Assert.Contains("n3", nodes[0].Problem, StringComparison.Ordinal);
        Exchange(nodes[2], nodes[1]);
        Assert.Null(nodes[1].Record);
        Exchange(nodes[0], nodes[2]);
        Assert.Equal((FormationStage.Accepted, Ids[0]), (nodes[0].Record!.Stage, nodes[0].Record!.Proposal.Coordinator));
        Assert.Equal(List[..3].Select(member => member.Host), nodes[0].Record!.Genesis.Voters.Select(member => member.Host));
    }

    [Fact]
    public void It_is_decided_when_every_member_has_accepted_and_each_learns_it_from_anybody()
    {
        FormationMachine[] nodes = [Static(0, 3), Static(1, 3), Static(2, 3)];
        Exchange(nodes[0], nodes[1]);
        Exchange(nodes[0], nodes[2]); // proposes in the middle of this one
        Exchange(nodes[0], nodes[2]);
        Assert.Equal(FormationStage.Accepted, nodes[0].Record!.Stage);
        Exchange(nodes[0], nodes[1]);
        Exchange(nodes[0], nodes[1]);
        Assert.Equal(FormationStage.Formed, nodes[0].Record!.Stage);
        Assert.Equal(FormationStage.Formed, nodes[1].Record!.Stage);
        Exchange(nodes[2], nodes[1]); // not from the coordinator
        Assert.Equal(FormationStage.Formed, nodes[2].Record!.Stage);
        Assert.Equal(nodes[0].Record!.Genesis, nodes[2].Record!.Genesis);
        Assert.Matches("^[0-9a-f]{32}$", nodes[2].Record!.Genesis.ClusterId);
    }

    [Fact]
    public void The_first_five_vote_and_the_rest_learn()
    {
        FormationMachine[] nodes = [.. Enumerable.Range(0, 7).Select(i => Static(i, 7))];
        Gossip(nodes);
        Assert.All(nodes, node => Assert.Equal(FormationStage.Formed, node.Record?.Stage));
        Assert.Equal(Ids[..5], nodes[6].Record!.Genesis.Voters.Select(member => member.Node));
        Assert.Equal(Ids[5..], nodes[6].Record!.Genesis.Learners.Select(member => member.Node));
    }

    [Fact]
    public void A_given_cluster_id_is_used_and_another_one_is_not_accepted()
    {
        FormationMachine[] nodes = [Static(0, 2, "prod"), Static(1, 2, "prod")];
        Gossip(nodes);
        Assert.Equal("prod", nodes[1].Record!.Genesis.ClusterId);

        FormationMachine[] odd = [Static(0, 2, "prod"), Static(1, 2, "test")];
        Gossip(odd);
        Assert.Null(odd[1].Record);
        Assert.Contains("prod", odd[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_that_differ_form_nothing_and_the_difference_is_named()
    {
        FormationMachine right = Static(0, 2);
        FormationMachine wrong = Make(1, List[..3]);
        Exchange(right, wrong);
        Exchange(right, wrong);
        Assert.Null(wrong.Record);
        Assert.Contains("another list", wrong.Problem, StringComparison.Ordinal);
        Assert.Equal(FormationStage.Accepted, right.Record!.Stage);
    }

    [Fact]
    public void A_disk_that_is_wiped_before_the_decision_is_proposed_anew()
    {
        FormationMachine[] nodes = [Static(0, 3), Static(1, 3), Static(2, 3)];
        Exchange(nodes[0], nodes[1]);
        Exchange(nodes[0], nodes[2]);
        Assert.Equal(1, nodes[0].Record!.Proposal.Attempt);
        nodes[1] = Static(1, 3);
        Exchange(nodes[0], nodes[1]);
        Assert.Equal(2, nodes[0].Record!.Proposal.Attempt);
        Gossip(nodes);
        Assert.Equal(nodes[1].View.Incarnation, nodes[2].Record!.Genesis.Voters[1].Incarnation);
        Assert.All(nodes, node => Assert.Equal(FormationStage.Formed, node.Record!.Stage));
    }

    [Fact]
    public void A_disk_that_is_wiped_after_the_decision_joins_as_another_one()
    {
        FormationMachine[] nodes = [Static(0, 3), Static(1, 3), Static(2, 3)];
        Gossip(nodes);
        FormationMachine wiped = Static(0, 3);
        Exchange(wiped, nodes[2]);
        Assert.Equal(FormationStage.Joining, wiped.Record!.Stage);
        wiped.Joined();
        Assert.Equal(FormationStage.Joined, wiped.Record!.Stage);
    }

    [Fact]
    public void A_member_without_its_record_does_not_go_on()
    {
        FormationMachine[] nodes = [Static(0, 2), Static(1, 2)];
        Gossip(nodes);
        FormationMachine lost = new(Options(1, List[..2], null) with { Incarnation = nodes[1].View.Incarnation }, null, NewId);
        Exchange(lost, nodes[0]);
        Assert.Null(lost.Record);
        Assert.Contains("empty data directory", lost.Fatal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_late_proposal_of_an_earlier_attempt_is_not_believed()
    {
        FormationMachine[] nodes = [Static(0, 3), Static(1, 3), Static(2, 3)];
        Exchange(nodes[0], nodes[1]);
        Exchange(nodes[0], nodes[2]);
        FormationView late = nodes[0].View;
        nodes[1].Observe(late, TimeSpan.Zero);
        nodes[2] = Static(2, 3);
        Exchange(nodes[0], nodes[2]);
        nodes[1].Observe(nodes[0].View, TimeSpan.Zero);
        FormationRecord held = nodes[1].Record!;
        Assert.Equal(2, held.Proposal.Attempt);
        nodes[1].Observe(late, TimeSpan.Zero);
        Assert.Same(held, nodes[1].Record);
    }

    [Fact]
    public void When_the_coordinators_disk_is_gone_its_new_one_asks_the_same_nodes_again()
    {
        FormationMachine[] nodes = [Static(0, 2), Static(1, 2)];
        Exchange(nodes[0], nodes[1]);
        nodes[1].Observe(nodes[0].View, TimeSpan.Zero);
        Assert.Equal(FormationStage.Accepted, nodes[1].Record!.Stage);
        nodes[0] = Static(0, 2);
        Gossip(nodes);
        Assert.Equal((FormationStage.Formed, nodes[0].View.Incarnation), (nodes[1].Record!.Stage, nodes[1].Record!.Proposal.Incarnation));
    }

    [Fact]
    public void Nodes_found_by_a_name_wait_until_as_many_as_expected_are_there()
    {
        FormationMachine[] nodes = [ByName(0), ByName(1), ByName(2), ByName(3)];
        Gossip(nodes[..2]);
        Assert.All(nodes[..2], node => Assert.Null(node.Record));
        Assert.Contains("2 of 3", nodes[0].Problem, StringComparison.Ordinal);
        Gossip(nodes[..3]);
        Assert.All(nodes[..3], node => Assert.Equal(FormationStage.Formed, node.Record?.Stage));
        Gossip(nodes);
        Assert.Equal(FormationStage.Joining, nodes[3].Record?.Stage);
    }

    [Fact]
    public void A_node_that_was_not_heard_for_long_does_not_count_as_there()
    {
        FormationMachine[] nodes = [ByName(0), ByName(1), ByName(2)];
        nodes[0].Observe(nodes[1].View, TimeSpan.Zero);
        nodes[0].Observe(nodes[2].View, TimeSpan.FromSeconds(10));
        Assert.Null(nodes[0].Record);
        nodes[0].Observe(nodes[1].View, TimeSpan.FromSeconds(11));
        Assert.NotNull(nodes[0].Record);
    }

    [Fact]
    public void A_coordinator_gives_way_to_a_lower_one_and_its_members_are_free_again()
    {
        FormationMachine[] nodes = [ByName(0), ByName(1), ByName(2), ByName(3)];
        foreach (int other in new[] { 2, 3 })
        {
            nodes[1].Observe(nodes[other].View, TimeSpan.Zero);
        }

        nodes[3].Observe(nodes[1].View, TimeSpan.Zero);
        Assert.Equal(Ids[1], nodes[3].Record!.Proposal.Coordinator);
        Gossip(nodes);
        Assert.Single(nodes.Select(node => node.Record!.Proposal.Id).Distinct());
        Assert.All(nodes, node => Assert.True(node.Record!.IsDecided));
    }

    private FormationMachine Static(int index, int count, string? cluster = null) => Make(index, List[..count], cluster);

    private FormationMachine Make(int index, PeerAddress[] list, string? cluster = null) => new(Options(index, list, cluster), null, NewId);

    private FormationMachine ByName(int index)
    {
        FormationMachine machine = new(Options(index, [], null), null, NewId);
        foreach (PeerAddress address in List)
        {
            machine.Know(address);
        }

        return machine;
    }

    private FormationOptions Options(int index, PeerAddress[] list, string? cluster) =>
        new() { Self = Ids[index], Incarnation = NewId(), Members = list, ClusterId = cluster };

    private Guid NewId() => new(++drawn, 0, 0, new byte[8]);

    private static void Exchange(FormationMachine asking, FormationMachine asked)
    {
        asked.Observe(asking.View, TimeSpan.Zero);
        asking.Observe(asked.View, TimeSpan.Zero);
    }

    private static void Gossip(FormationMachine[] nodes)
    {
        for (int round = 0; round < 6; round++)
        {
            foreach (FormationMachine asking in nodes)
            {
                foreach (FormationMachine asked in nodes.Where(other => other != asking))
                {
                    Exchange(asking, asked);
                }
            }
        }
    }
}
