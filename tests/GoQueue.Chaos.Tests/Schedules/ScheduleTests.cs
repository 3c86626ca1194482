using GoQueue.Chaos.Nemesis;
using GoQueue.Chaos.Schedules;

namespace GoQueue.Chaos.Tests.Schedules;

public sealed class ScheduleTests
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(3);

    [Fact]
    public void The_same_seed_gives_the_same_trials_and_the_same_schedules()
    {
        Assert.Equal(Text(Run(7)), Text(Run(7)));
        Assert.NotEqual(Text(Run(7)), Text(Run(8)));
    }

    [Fact]
    public void A_trial_is_the_same_whichever_others_run_with_it()
    {
        FaultKind kill = Catalogue.Find("kill-one")!;
        FaultKind cut = Catalogue.Find("cut-one")!;
        Trial alone = Trials.Of([kill], [kill, cut], 0, 0, Length, 7).Single();
        Trial second = Trials.Of([cut, kill], [kill, cut], 0, 0, Length, 7).Last();
        Assert.Equal(Text([alone]), Text([second]));
    }

    [Fact]
    public void Faults_of_a_pair_overlap_and_windows_do_not()
    {
        foreach (Trial trial in Trials.Of([], Catalogue.All, 200, 0, Length, 1))
        {
            Assert.True(trial.Kinds[0].GoesWith(trial.Kinds[1]), trial.Name);
            TimeSpan before = TimeSpan.Zero;
            foreach (Window window in Schedule.Of(trial))
            {
                Assert.Equal(2, window.Faults.Count);
                Assert.InRange(window.Faults[1].From, window.Faults[0].From, window.Faults[0].Until);
                Assert.All(window.Faults, fault => Assert.True(fault.From > before));
                before = window.Faults.Max(fault => fault.Until);
            }
        }
    }

    [Fact]
    public void Most_windows_are_followed_by_work_and_some_strike_while_the_cluster_recovers()
    {
        Window[] windows = [.. Run(7).SelectMany(Schedule.Of)];
        int waiting = windows.Count(window => window.IsFollowedByWork);
        Assert.InRange(waiting, windows.Length / 2, windows.Length * 9 / 10);
    }

    [Fact]
    public void A_trial_that_is_shorter_than_its_fault_still_has_one()
    {
        Trial trial = new("membership", [Catalogue.Find("membership")!], Mixing.Together, TimeSpan.FromSeconds(5), 1);
        Assert.Single(Schedule.Of(trial));
        Assert.Empty(Schedule.Of(trial with { Kinds = [] }));
    }

    [Fact]
    public void Names_are_unique_and_what_goes_together_does_so_both_ways()
    {
        Assert.Equal(Catalogue.All.Count, Catalogue.All.Select(kind => kind.Name).Distinct().Count());
        foreach (FaultKind one in Catalogue.All)
        {
            Assert.All(Catalogue.All, other => Assert.Equal(one.GoesWith(other), other.GoesWith(one)));
        }
    }

    [Fact]
    public void Nothing_happens_to_nodes_while_all_are_down_and_no_two_faults_hold_the_same_thing()
    {
        FaultKind all = Catalogue.Find("kill-all")!;
        Assert.False(all.GoesWith(Catalogue.Find("pause-one")!));
        Assert.False(all.GoesWith(Catalogue.Find("damage-flip")!));
        Assert.True(all.GoesWith(Catalogue.Find("cut-one")!));
        Assert.False(Catalogue.Find("link-slow")!.GoesWith(Catalogue.Find("link-stalls")!));
        Assert.False(Catalogue.Find("damage-flip")!.GoesWith(Catalogue.Find("disk-wiped")!));
    }

    private static IEnumerable<Trial> Run(int seed) => Trials.Of([.. Catalogue.All], Catalogue.All, 20, 3, Length, seed);

    private static string Text(IEnumerable<Trial> trials) => string.Join('\n', trials.SelectMany(trial =>
        Schedule.Of(trial).SelectMany(window => window.Faults).Select(fault => $"{trial.Name} {trial.Seed}: {fault.Kind.Name} {fault.From} {fault.Length} {fault.Seed}")));
}
