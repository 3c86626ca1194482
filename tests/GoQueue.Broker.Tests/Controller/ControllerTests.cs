using GoQueue.Broker.Registration;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Quorum;
using GoQueue.Metadata.Topics;
using static GoQueue.Broker.Tests.Controller.TestMembers;

namespace GoQueue.Broker.Tests.Controller;

/// <summary>Registration, heartbeats and the controller's loop, on virtual time.</summary>
public sealed class ControllerTests
{
    [Fact]
    public void A_node_on_its_own_registers_and_leads_everything_it_has_at_once()
    {
        using TestMembers members = Of(1);
        TopicImage topic = members.Create(Nodes(1), partitions: 100, minInSync: 1);
        members.Kill(1, isNoticed: false);

        members.Start(1);
        Task serving = members.Context.Run(() => members[1].Member.WaitUntilServingAsync(CancellationToken.None));

        members.Until(() => serving.IsCompleted, 100, "the node serves");
        Assert.All(members.Topic(topic).Partitions, partition => Assert.Equal((Node(1), 2), (partition.Leader, partition.LeaderEpoch.Value)));
    }

    [Fact]
    public void A_closed_and_refused_link_fences_at_once_and_the_leaderships_move_in_the_same_breath()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1), partitions: 50);
        int before = members.Metadata.Log.Count;

        members.Kill(2, isNoticed: true);
        members.Until(() => members.Topic(topic).Partitions.All(partition => partition.Leader == Node(3)), 20, "the next in sync lead");

        Assert.True(members.Broker(2).IsFenced);
        Assert.All(members.Topic(topic).Partitions, partition => Assert.Equal(Nodes(3, 1), partition.InSync));
        Assert.Equal(2, members.Metadata.Log.Count - before);
    }

    [Fact]
    public void A_silent_broker_is_fenced_after_the_time_out_and_not_before()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1));
        members.Context.For(TimeSpan.FromSeconds(1));
        members.Kill(2, isNoticed: false);

        members.Context.For(TimeSpan.FromMilliseconds(2700));
        Assert.False(members.Broker(2).IsFenced);
        members.Until(() => members.Topic(topic).Partitions[0].Leader == Node(3), 500, "the silent one is given up");
    }

    /// <summary>Seen on real processes: an attempt made while the process is torn down gets no answer, the next one is refused.</summary>
    [Fact]
    public void An_attempt_without_an_answer_between_close_and_refusal_takes_nothing_from_the_evidence()
    {
        using TestMembers members = Of(3);
        members.Kill(2, isNoticed: false);
        members.Peers.Tell(Node(2), PeerLinkState.Closed, PeerLinkState.Silent, PeerLinkState.Refused, PeerLinkState.Closed);
        members.Until(() => members.Broker(2).IsFenced, 20, "it is fenced at once");
    }

    [Fact]
    public void A_heartbeat_that_was_on_its_way_when_the_process_died_does_not_bring_it_back()
    {
        using TestMembers members = Of(3);
        Heartbeat beat = new(members.Broker(2).Epoch, members.Image.Version, false);
        members.Kill(2, isNoticed: true);
        members[2].Port.IsCutOff = false;
        members.Context.Await(() => members[2].Port.CallAsync(
            Node(1), PeerMessageKind.BrokerHeartbeat, PeerChannel.Control, beat.Encode(), TimeSpan.FromSeconds(1), CancellationToken.None));
        members[2].Port.IsCutOff = true;

        members.Context.For(TimeSpan.FromMilliseconds(100));

        Assert.True(members.Broker(2).IsFenced);
        Assert.Single(members.Metadata.Log, command => command is AlterBrokerCommand { Node.Value: "n2", Change: BrokerChange.Unfence });
    }

    /// <summary>Seed cluster-318: a process that had just started, on an empty disk, was taken for the one that had died.</summary>
    [Fact]
    public void A_process_that_listens_again_is_not_unfenced_on_what_the_dead_one_said()
    {
        using TestMembers members = Of(3);
        members.Kill(2, isNoticed: true);
        members.Until(() => members.Broker(2).IsFenced, 20, "it is fenced at once");

        members.Peers.Tell(Node(2), PeerLinkState.Up);
        members.Context.For(TimeSpan.FromSeconds(2));

        Assert.True(members.Broker(2).IsFenced);
    }

    [Fact]
    public void A_broker_that_is_heard_though_its_port_is_refused_is_fenced_once_and_comes_back_for_good()
    {
        using TestMembers members = Of(3);
        int before = Fences();
        members.Peers.Tell(Node(2), PeerLinkState.Closed, PeerLinkState.Refused);
        members.Until(() => members.Broker(2).IsFenced, 20, "the port is refused");
        members.Until(() => !members.Broker(2).IsFenced, 1000, "it is heard all the same");

        for (int i = 0; i < 10; i++)
        {
            members.Peers.Tell(Node(2), PeerLinkState.Refused);
            members.Context.For(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(1, Fences() - before);

        int Fences() => members.Metadata.Log.Count(command => command is AlterBrokerCommand { Change: BrokerChange.Fence });
    }

    /// <summary>Seed disks-110: who is no controller hears no heartbeats, and kept the refusal of a process that had long been replaced.</summary>
    [Fact]
    public void A_new_controller_does_not_hold_an_earlier_restart_against_a_broker()
    {
        using TestMembers members = Of(3);
        members.Context.For(TimeSpan.FromSeconds(1));
        members.Metadata.Lead(Node(2));
        members.Context.For(TimeSpan.FromMilliseconds(20)); // n1 is no controller now
        members.Peers.Tell(Node(3), PeerLinkState.Closed, PeerLinkState.Refused, PeerLinkState.Up);
        members.Context.For(TimeSpan.FromSeconds(2));
        int before = Fences();

        members.Metadata.Lead(Node(1));
        members.Context.For(TimeSpan.FromSeconds(2));

        Assert.Equal(0, Fences() - before);

        int Fences() => members.Metadata.Log.Count(command => command is AlterBrokerCommand { Node.Value: "n3", Change: BrokerChange.Fence });
    }

    /// <summary>Soak, disks-1795279386117: the fresh time-out that a new controller gives everybody brought a dead broker back, and it was made a leader.</summary>
    [Fact]
    public void A_new_controller_unfences_nobody_whom_it_has_not_heard()
    {
        using TestMembers members = Of(3);
        members.Context.For(TimeSpan.FromSeconds(1));
        members.Kill(3, isNoticed: false);
        members.Until(() => members.Broker(3).IsFenced, 4000, "it is fenced");

        members.Metadata.Lead(Node(2));
        members.Context.For(TimeSpan.FromSeconds(1));
        members.Metadata.Lead(Node(1)); // which heard it once
        members.Context.For(TimeSpan.FromSeconds(1));

        Assert.True(members.Broker(3).IsFenced);
        Assert.Single(members.Metadata.Log, command => command is AlterBrokerCommand { Node.Value: "n3", Change: BrokerChange.Unfence });
    }

    [Fact]
    public void A_link_that_closes_and_comes_back_costs_nothing()
    {
        using TestMembers members = Of(3);
        members.Peers.Tell(Node(2), PeerLinkState.Closed, PeerLinkState.Up, PeerLinkState.Silent, PeerLinkState.Refused, PeerLinkState.Up);
        members.Context.For(TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(members.Metadata.Log, command => command is AlterBrokerCommand { Change: BrokerChange.Fence });
    }

    [Fact]
    public void A_fenced_broker_that_was_only_cut_off_comes_back_without_registering_anew()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1));
        BrokerEpoch epoch = members.Broker(2).Epoch;
        members.Kill(2, isNoticed: false);
        members.Until(() => members.Broker(2).IsFenced, 4000, "it is fenced");

        members[2].Port.IsCutOff = false;
        members[2].Metadata.IsCutOff = false;
        members[2].Metadata.Changed();
        members.Until(() => !members.Broker(2).IsFenced, 1000, "it is heard again");

        Assert.Equal(epoch, members.Broker(2).Epoch);
        Assert.Equal(Node(3), members.Topic(topic).Partitions[0].Leader);
    }

    [Fact]
    public void A_new_controller_gives_everybody_time_but_trusts_the_links_it_has_seen_break()
    {
        using TestMembers members = Of(4);
        TopicImage silent = members.Create(Nodes(4, 3));
        TopicImage broken = members.Create(Nodes(1, 3));
        members.Kill(4, isNoticed: false);
        members.Context.For(TimeSpan.FromMilliseconds(2900));

        members.Kill(1, isNoticed: true);
        members.Metadata.Lead(Node(2));
        members.Until(() => members.Topic(broken).Partitions[0].Leader == Node(3), 50, "the old controller's partitions are led");

        members.Context.For(TimeSpan.FromMilliseconds(2800));
        Assert.False(members.Broker(4).IsFenced);
        members.Until(() => members.Topic(silent).Partitions[0].Leader == Node(3), 500, "then the silent one is given up");
    }

    [Fact]
    public void A_controller_that_stood_still_fences_nobody_for_what_it_did_not_hear()
    {
        using TestMembers members = Of(3);
        members.Context.For(TimeSpan.FromSeconds(1));

        members.Context.Time.Advance(TimeSpan.FromSeconds(30)); // nobody runs in between
        members.Context.For(TimeSpan.FromSeconds(2));

        Assert.DoesNotContain(members.Metadata.Log, command => command is AlterBrokerCommand { Change: BrokerChange.Fence });
    }

    [Fact]
    public void A_stop_moves_the_leaderships_first_and_its_marker_keeps_the_place_in_the_isr()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1), partitions: 20, mode: TopicFlushMode.None);
        long before = members.Context.Time.GetTimestamp();

        Assert.True(members.Stop(2));

        Assert.InRange(members.Context.Time.GetElapsedTime(before).TotalMilliseconds, 0, 1000);
        Assert.All(members.Topic(topic).Partitions, partition => Assert.Equal((Node(3), Nodes(3, 1)), (partition.Leader, partition.InSync)));
        BrokerEpoch stopped = members.Broker(2).Epoch;
        members.Until(() => members.Broker(2).IsFenced, 100, "the stopped one is fenced");
        members.Start(2);
        members.Until(() => !members.Broker(2).IsFenced && !members.Broker(2).IsStopping, 1000, "it is back");
        Assert.Equal(stopped, members.Metadata.Log.OfType<RegisterBrokerCommand>().Last().Previous);
    }

    [Fact]
    public void L3_a_killed_broker_registers_without_a_marker_and_loses_its_place_where_nothing_is_flushed()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1), mode: TopicFlushMode.None);
        members.Kill(3, isNoticed: false);

        members.Start(3);
        members.Until(() => members.Topic(topic).Partitions[0].InSync.Equals(Nodes(2, 1)), 1000, "it has lost its place");

        Assert.Equal(BrokerEpoch.None, members.Metadata.Log.OfType<RegisterBrokerCommand>().Last().Previous);
        members.Stop(3);
        Assert.True(members[3].Disk.Root.Exists("broker-stopped"));
        members.Start(3);
        Assert.False(members[3].Disk.Root.Exists("broker-stopped"));
    }

    [Fact]
    public void The_last_node_stops_at_once_though_nobody_takes_its_leaderships()
    {
        using TestMembers members = Of(1);
        members.Create(Nodes(1), partitions: 3, minInSync: 1);
        long before = members.Context.Time.GetTimestamp();

        Assert.True(members.Stop(1));

        Assert.InRange(members.Context.Time.GetElapsedTime(before).TotalMilliseconds, 0, 500);
    }

    [Fact]
    public void A_controller_that_stops_hands_its_own_leadership_over_last()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(1, 2, 3));
        members.Metadata.Members.AddRange(Enumerable.Range(1, 3).Select(i => new QuorumMember(Node(i), members[i].Incarnation, Node(i).Value, 7000)));

        Assert.True(members.Stop(1));

        Assert.Equal((Node(2), Node(2)), (members.Metadata.Leader, members.Topic(topic).Partitions[0].Leader));
        members.Until(() => members.Broker(1).IsFenced, 100, "its successor has seen it go");
    }

    [Fact]
    public void A_stop_without_a_controller_does_not_wait_for_ever()
    {
        using TestMembers members = Of(2);
        members.Metadata.Lead(null);
        long before = members.Context.Time.GetTimestamp();

        Assert.False(members.Stop(2));

        Assert.InRange(members.Context.Time.GetElapsedTime(before).TotalMilliseconds, 1900, 3000);
    }

    [Fact]
    public void Proposals_that_do_not_get_through_are_made_again()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1));
        members[1].Metadata.IsCutOff = true;
        members.Kill(2, isNoticed: true);
        members.Context.For(TimeSpan.FromSeconds(1));
        Assert.Equal(Node(2), members.Topic(topic).Partitions[0].Leader);

        members[1].Metadata.IsCutOff = false;
        members[1].Metadata.Changed();

        members.Until(() => members.Topic(topic).Partitions[0].Leader == Node(3), 1000, "the leadership moves");
    }

    [Fact]
    public void A_controller_that_failed_begins_anew_and_finds_what_is_left_to_do()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1));
        members[1].Metadata.FailsNext = true;
        members.Kill(2, isNoticed: true);

        members.Until(() => members.Topic(topic).Partitions[0].Leader == Node(3), 2000, "the leadership moves");

        Assert.False(members[1].Metadata.FailsNext);
        Assert.True(members.Stop(1));
    }

    [Fact]
    public void Preferred_leaders_lead_again_some_time_after_they_are_back_in_sync()
    {
        using TestMembers members = Of(3);
        TopicImage topic = members.Create(Nodes(2, 3, 1), partitions: 5);
        members.Kill(2, isNoticed: true);
        members.Until(() => members.Topic(topic).Partitions.All(partition => partition.Leader == Node(3)), 100, "others lead");
        members.Start(2);
        members.Until(() => !members.Broker(2).IsFenced, 1000, "it is back");
        members.CatchUp(topic);

        members.Until(() => members.Topic(topic).Partitions.All(partition => partition.Leader == Node(2)), 6000, "the preferred lead");
    }

    [Fact]
    public void Learners_become_voters_up_to_an_odd_number_and_a_lost_disk_is_replaced()
    {
        using TestMembers members = Of(4);
        QuorumMember Member(int number) => new(Node(number), members[number].Incarnation, Node(number).Value, 7000);
        members.Metadata.Members.AddRange([Member(1), Member(2), Member(3), Member(4)]);
        members.Metadata.Learners.UnionWith([Node(2), Node(3), Node(4)]);
        members.Until(() => members.Metadata.Learners.Count == 1, 5000, "three vote");
        members.Context.For(TimeSpan.FromSeconds(3));
        Assert.Equal(["promote n2", "promote n3"], members.Metadata.Steps);

        QuorumMember old = Member(3);
        members.Kill(3, isNoticed: true);
        members.Start(3, onOtherDisk: true);
        members.Peers.Tell(Node(3), PeerLinkState.Up);
        members.Context.For(TimeSpan.FromSeconds(3));
        Assert.DoesNotContain(members.Metadata.Steps, step => step.StartsWith("remove", StringComparison.Ordinal)); // it was heard of as the old one just now
        members.Metadata.SilentFor = TimeSpan.FromSeconds(4);
        members.Until(() => members.Metadata.Members.Contains(Member(3)), 5000, "the new disk is a member");
        Assert.DoesNotContain(old, members.Metadata.Members);
    }

    [Fact]
    public void A_heartbeat_of_garbage_or_of_another_registration_is_refused()
    {
        using TestMembers members = Of(2);
        Assert.Equal(ErrorCode.MalformedRequest, Beat([1, 2, 3]).Code);
        Assert.Equal(ErrorCode.MalformedRequest, Beat(new byte[18]).Code);
        using SharedBuffer stale = new Heartbeat(new BrokerEpoch(1), 0, false).Encode();
        Assert.Equal(ErrorCode.StaleBrokerEpoch, Beat(stale.Span.ToArray()).Code);

        Error Beat(byte[] bytes) => members.Context.Await(() => members[2].Port.CallAsync(
            Node(1), PeerMessageKind.BrokerHeartbeat, PeerChannel.Control, SharedBuffer.CopyOf(bytes), TimeSpan.FromSeconds(1), CancellationToken.None)).Error;
    }

    [Fact]
    public void The_marker_of_a_clean_stop_counts_once_for_its_disk_and_only_whole()
    {
        GoQueue.Storage.Directories.VirtualDisk disk = new();
        Guid incarnation = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        CleanStopMarker.Write(disk.Root, incarnation, new BrokerEpoch(7));
        Assert.Equal(new BrokerEpoch(7), CleanStopMarker.Take(disk.Root, incarnation));
        Assert.Equal(BrokerEpoch.None, CleanStopMarker.Take(disk.Root, incarnation));

        CleanStopMarker.Write(disk.Root, incarnation, new BrokerEpoch(8));
        Assert.Equal(BrokerEpoch.None, CleanStopMarker.Take(disk.Root, Guid.Empty));
        byte[] bytes = CleanStopMarker.Encode(incarnation, new BrokerEpoch(7));
        Assert.Equal("47514201" + "5e7b5c00" + "00000001000200030405060708090a0b" + "0000000000000007", Convert.ToHexStringLower(bytes));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] damaged = [.. bytes];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(BrokerEpoch.None, CleanStopMarker.Decode(damaged, incarnation));
        }
    }
}
