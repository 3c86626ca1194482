using GoQueue.Chaos.Nemesis;
using GoQueue.Chaos.Schedules;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.Chaos.Tests.Nemesis;

/// <summary>What is written down of a fault: that it took effect, that it did not, or that there was nothing it could happen to.</summary>
public sealed class NemesisRunnerTests
{
    [Fact]
    public async Task A_fault_whose_effect_was_seen_has_a_begin_and_an_end()
    {
        (NemesisValue begin, NemesisValue end, Deed deed) = await HappenAsync(new Deed());

        Assert.Equal((true, false, true), (begin.TookEffect, begin.IsSkipped, end.TookEffect));
        Assert.True(deed.IsEnded);
    }

    [Fact]
    public async Task One_whose_effect_was_never_seen_says_what_was_seen_instead()
    {
        (NemesisValue begin, _, _) = await HappenAsync(new Deed { SeenInstead = "all was well" });

        Assert.Equal((false, false, "all was well"), (begin.TookEffect, begin.IsSkipped, begin.Proof));
    }

    [Fact]
    public async Task One_that_finds_nothing_to_happen_to_is_skipped_and_taken_back_all_the_same()
    {
        (NemesisValue begin, NemesisValue end, Deed deed) = await HappenAsync(new Deed { NothingLeft = "no file is there" });

        Assert.Equal((false, true, "no file is there"), (begin.TookEffect, begin.IsSkipped, begin.Proof));
        Assert.True(end.TookEffect);
        Assert.True(deed.IsEnded);
    }

    [Fact]
    public async Task One_that_another_fault_stood_before_is_skipped()
    {
        (NemesisValue begin, _, _) = await HappenAsync(new Deed { SeenInstead = "no answer", HidesIt = true });

        Assert.True(begin.IsSkipped);
    }

    [Fact]
    public async Task One_that_takes_longer_than_planned_is_waited_for()
    {
        (NemesisValue begin, _, Deed deed) = await HappenAsync(new Deed { SeenInstead = "not yet", LooksUntilSeen = 3, Patience = TimeSpan.FromMinutes(1) });

        Assert.True(begin.TookEffect);
        Assert.Equal(3, deed.Looks);
    }

    [Fact]
    public async Task No_window_begins_after_the_time_of_the_trial_but_the_first()
    {
        (NemesisValue begin, NemesisValue end, _) = await HappenAsync(new Deed(), windows: 3);

        Assert.Equal((1, 1), (begin.Number, end.Number));
    }

    [Fact]
    public void Two_faults_that_need_more_nodes_than_there_are_do_not_go_together()
    {
        Assert.False(Kind("kill-majority").GoesWith(Kind("pause-majority")));
        Assert.True(Kind("kill-majority").GoesWith(Kind("pause-one")));
        Assert.True(Kind("kill-majority").GoesWith(Kind("kill-minority"))); // of five
        Assert.True(Kind("pause-majority").GoesWith(Kind("damage-zero")));
        Assert.False(Kind("kill-all").GoesWith(Kind("damage-zero")));
    }

    private static FaultKind Kind(string name) => Catalogue.Find(name)!;

    private static async Task<(NemesisValue Begin, NemesisValue End, Deed Deed)> HappenAsync(Deed deed, int windows = 1)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("goqueue-nemesis-");
        try
        {
            await using Cluster cluster = Cluster.Empty(string.Empty, folder.FullName);
            TestBed bed = new(cluster, null, null, [], "n1", "chaos") { AddNodeAsync = static _ => throw new NotSupportedException() };
            long now = 0;
            HistoryList history = new(() => ++now);
            FaultKind kind = new("deed", "a deed", Grip.Loose, (0, 0), (_, _) => deed);
            PlannedFault planned = new(kind, TimeSpan.Zero, TimeSpan.FromMilliseconds(10), 1);
            Window window = new([planned]) { IsFollowedByWork = false };
            await new NemesisRunner(bed, history, static _ => { }).RunAsync([.. Enumerable.Repeat(window, windows)], TimeSpan.Zero, CancellationToken.None);
            NemesisValue[] seen = [.. history.Events.Select(static next => next.As<NemesisValue>())];
            Assert.Equal([FaultEdge.Begin, FaultEdge.End], seen.Select(static one => one.Edge));
            return (seen[0], seen[1], deed);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Deed : Fault
    {
        public string? SeenInstead { get; init; }

        public int LooksUntilSeen { get; init; } = int.MaxValue;

        public string? NothingLeft { get; init; }

        public bool HidesIt { get; init; }

        public TimeSpan Patience { get; init; }

        public int Looks { get; private set; }

        public bool IsEnded { get; private set; }

        public override bool IsHidden => HidesIt;

        public override TimeSpan EffectPatience => Patience;

        public override Task BeginAsync(CancellationToken cancellationToken) => NothingLeft is null ? Task.CompletedTask : throw new NothingLeftException(NothingLeft);

        public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) => Task.FromResult(++Looks >= LooksUntilSeen ? null : SeenInstead);

        public override Task EndAsync(CancellationToken cancellationToken)
        {
            IsEnded = true;
            return Task.CompletedTask;
        }
    }
}
