namespace GoQueue.Simulation.World;

/// <summary>Time as one process sees it. Timers run on the monotonic clock; only <see cref="GetUtcNow"/> reads the wall clock.</summary>
internal sealed class SimulatedTime(SimulatedProcess process, HostClock clock) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Math.Max(0, clock.Wall(process.Loop.Now)), TimeSpan.Zero);

    public override long GetTimestamp() => clock.Monotonic(process.Loop.Now);

    /// <summary>The monotonic clock, as pure code takes it.</summary>
    public TimeSpan Monotonic => new(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(process, clock, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimulatedProcess process, HostClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;
        private Armed? armed;

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            period = newPeriod;
            armed?.Cancel();
            armed = null;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arm(dueTime);
            }

            return true;
        }

        public void Dispose()
        {
            armed?.Cancel();
            armed = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan dueTime)
        {
            armed = new Armed(this);
            process.Loop.ScheduleTimer(clock.TrueTicks(dueTime.Ticks), process, armed);
        }

        private void Fire()
        {
            armed = null;
            if (period > TimeSpan.Zero)
            {
                Arm(period);
            }

            callback(state);
        }

        /// <summary>One arming; a cancelled one stays in the queue until its time and is passed over there.</summary>
        private sealed class Armed(Timer timer) : ICancellableEvent
        {
            private Timer? timer = timer;

            public bool IsCancelled => timer is null;

            public void Cancel() => timer = null;

            public void Run()
            {
                Timer? due = timer;
                timer = null;
                due?.Fire();
            }
        }
    }
}
