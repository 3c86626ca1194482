using GoQueue.Core;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>One client: a process of its own that works until told to stop.</summary>
internal abstract class SimulatedClient(ClientWorld world, int number, string name)
{
    private int nextHost = number;

    public SimulatedProcess Process { get; } = new(world.Loop, 100 + number, $"{name}-{number}", new HostClock(0, 0));

    public int Number { get; } = number;

    /// <summary>True once the client has ended its last operation after the stop.</summary>
    public bool IsDone { get; private set; }

    protected ClientWorld World { get; } = world;

    protected SeededStream Random { get; } = new(world.Loop.Seed, $"{name}-{number}");

    public void Start() => Process.Start(
        async () =>
        {
            await WorkAsync();
            IsDone = true;
        },
        "client");

    protected abstract Task WorkAsync();

    /// <summary>Ends the current run of work early; the client takes breath and goes on.</summary>
    protected async Task PauseAsync(long maxMillis) =>
        await Task.Delay(TimeSpan.FromMicroseconds(Random.Between(100, Math.Max(1, maxMillis) * 1000)), Process.Time);

    /// <summary>Where the partition was last known to be led; another host after a failure.</summary>
    protected int HostFor(TopicPartition partition) => World.LeaderHint(partition) ?? (nextHost % World.HostCount);

    protected void TryAnotherHost(TopicPartition partition)
    {
        World.ForgetLeader(partition);
        nextHost++;
    }

    protected int AnyHost() => Random.Below(World.HostCount);
}
