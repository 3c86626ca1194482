using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Tests;

public sealed class ClockTests
{
    [Fact]
    public void A_timer_never_fires_before_its_time_on_the_clock_of_its_process()
    {
        foreach (int rate in new[] { -200, 0, 200 })
        {
            SimulationLoop loop = new(1);
            SimulatedProcess process = new(loop, 0, "p", new HostClock(123_456_789, rate));
            long started = process.Time.GetTimestamp();
            TimeSpan passed = TimeSpan.Zero;
            using ITimer timer = process.Time.CreateTimer(_ => passed = process.Time.GetElapsedTime(started), null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);

            loop.Run(TimeSpan.FromHours(2).Ticks, long.MaxValue);

            Assert.InRange(passed, TimeSpan.FromHours(1), TimeSpan.FromHours(1) + TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public void A_jump_of_the_wall_clock_leaves_the_monotonic_one_alone()
    {
        SimulationLoop loop = new(1);
        HostClock clock = new(0, 0);
        SimulatedProcess process = new(loop, 0, "p", clock);
        DateTimeOffset wall = process.Time.GetUtcNow();

        clock.JumpWall(TimeSpan.FromMinutes(-5));

        Assert.Equal(wall.AddMinutes(-5), process.Time.GetUtcNow());
        Assert.Equal(0, process.Time.GetTimestamp());
    }

    [Fact]
    public void A_paused_process_runs_nothing_and_then_everything_in_order()
    {
        SimulationLoop loop = new(1);
        SimulatedProcess process = new(loop, 0, "p", new HostClock(0, 0));
        List<int> ran = [];
        for (int i = 0; i < 5; i++)
        {
            int number = i;
            loop.Schedule(10 * (i + 1), process, "work", _ => ran.Add(number), null);
        }

        process.Pause();
        loop.Run(1000, long.MaxValue);
        Assert.Empty(ran);

        process.Resume();
        loop.Run(2000, long.MaxValue);
        Assert.Equal([0, 1, 2, 3, 4], ran);
    }

    [Fact]
    public void Nothing_of_a_dead_process_runs()
    {
        SimulationLoop loop = new(1);
        SimulatedProcess process = new(loop, 0, "p", new HostClock(0, 0));
        bool hasRun = false;
        loop.Schedule(10, process, "work", _ => hasRun = true, null);
        process.Start(
            async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), process.Time);
                hasRun = true;
            },
            "wait");
        loop.Run(5, long.MaxValue);

        process.Kill();
        loop.Run(TimeSpan.FromSeconds(10).Ticks, long.MaxValue);

        Assert.False(hasRun);
    }
}
