using GoQueue.History.Events;
using GoQueue.History.Report;

namespace GoQueue.History.Tests.Report;

public sealed class TimelineTests
{
    [Fact]
    public void What_ends_in_a_second_is_counted_there_and_latency_is_from_asking_to_the_answer()
    {
        Timeline timeline = Build(new Tape().Phase(0, RunPhase.Workload)
            .Send(0.1, 0.11).Send(0.2, 1.2).Send(1.3, 1.4, type: EventType.Fail).Send(1.3, 1.5, type: EventType.Info).Poll(0.5, 1.6).Phase(3, RunPhase.FinalReads));
        Assert.Equal([(1L, 0L, 0L, 0L), (1, 1, 1, 1), (0, 0, 0, 0), (0, 0, 0, 0)], timeline.Bins.Select(static bin => (bin.WritesOk, bin.ReadsOk, bin.Failed, bin.Unknown)));
        Assert.Equal(10, timeline.Bins[0].Latency!.Max, 0.001);
        Assert.Equal(1000, timeline.Bins[1].Latency!.Max, 0.001);
        Assert.InRange(timeline.Writes!.P50, 10, 12.5);
        Assert.Equal(["t-0"], timeline.Partitions);
    }

    [Fact]
    public void A_second_is_available_when_some_write_is_taken_and_down_when_writes_only_wait()
    {
        Timeline timeline = Build(new Tape().Phase(0, RunPhase.Workload).Send(0.1, 0.2).Send(0.5, 4.5).Send(4.6, 4.7, type: EventType.Fail).Phase(6, RunPhase.FinalReads));
        Assert.Equal(
            [Availability.Up, Availability.Down, Availability.Down, Availability.Down, Availability.Partly, Availability.Idle],
            timeline.Work.Select(static bin => bin.State));
        Assert.Equal(2 / 5.0, timeline.AvailableShare!.Value, 0.001);
        Assert.Equal(TimeSpan.FromSeconds(3), timeline.LongestOutage);
    }

    [Fact]
    public void Each_partition_has_a_row_and_one_that_stands_still_does_not_hide_behind_the_others()
    {
        Timeline timeline = Build(new Tape().Phase(0, RunPhase.Workload).Send(0.1, 0.2, partition: 1).Send(0.3, null, partition: 0).Send(1.1, 1.2, partition: 1).Send(2.1, 2.9, partition: 1).Phase(3, RunPhase.FinalReads));
        Assert.Equal(["t-0", "t-1"], timeline.Partitions);
        Assert.Equal([Availability.Up, Availability.Up, Availability.Up], timeline.Work.Select(static bin => bin.State));
        Assert.Equal([Availability.Idle, Availability.Down, Availability.Down], timeline.Work.Select(static bin => bin.Partitions[0]));
    }

    [Fact]
    public void A_long_history_has_longer_bins_and_no_more_of_them()
    {
        Tape tape = new Tape().Phase(0, RunPhase.Workload);
        for (int at = 0; at < 10_000; at += 10)
        {
            tape.Send(at, at + 0.1);
        }

        Timeline timeline = Build(tape.Phase(10_000, RunPhase.FinalReads));
        Assert.Equal(TimeSpan.FromSeconds(4), timeline.Width);
        Assert.InRange(timeline.Bins.Count, 2_400, 3_600);
        Assert.Equal(1_000, timeline.Bins.Sum(static bin => bin.WritesOk));
        Assert.InRange(timeline.Writes!.P99, 100, 125);
    }

    [Fact]
    public void A_history_without_operations_is_empty_and_not_available()
    {
        Timeline timeline = Build(new Tape());
        Assert.Null(timeline.Writes);
        Assert.Null(timeline.AvailableShare);
    }

    [Fact]
    public void Recovery_is_from_the_end_of_a_fault_until_a_later_write_is_taken_in_every_partition()
    {
        FaultReport fault = Assert.Single(Faults(new Tape()
            .Send(0.5, 0.6, 0).Send(0.5, 0.6, 1)
            .Fault(1, 5)
            .Send(1.1, 4.2, 0) // stopped for 3.2 s since the begin
            .Send(4.9, 5.5, 0) // asked before the end: proves nothing about after
            .Send(5.1, 5.3, 1) // 4.3 s since the begin
            .Send(5.6, 5.7, 0)));
        Assert.Equal((TimeSpan.FromSeconds(4.3), "t-1"), (fault.LongestStop, fault.StoppedPartition));
        Assert.Equal(TimeSpan.FromSeconds(0.7), fault.WrittenAgainAfter);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), true), (fault.Begin, fault.End, fault.TookEffect));
    }

    [Fact]
    public void What_was_not_seen_to_recover_or_to_take_effect_is_said_so()
    {
        IReadOnlyList<FaultReport> faults = Faults(new Tape().Send(0.5, 0.6, 0).Send(0.5, 0.6, 1).Fault(1, 2).Send(2.5, 2.6, 0).Nemesis(3, FaultEdge.Begin, number: 2, tookEffect: false).Phase(4, RunPhase.FinalReads).Send(5, 5.1, 1));
        Assert.Null(faults[0].WrittenAgainAfter); // partition 1 took nothing while there were clients
        Assert.Equal((null, false), (faults[1].End, faults[1].TookEffect));
    }

    private static Timeline Build(Tape tape)
    {
        TimelineBuilder builder = new();
        foreach (HistoryEvent next in tape.InOrder())
        {
            builder.Add(next);
        }

        return builder.Build();
    }

    private static IReadOnlyList<FaultReport> Faults(Tape tape)
    {
        FaultTracker tracker = new();
        foreach (HistoryEvent next in tape.InOrder())
        {
            tracker.Add(next);
        }

        return tracker.Build();
    }
}
