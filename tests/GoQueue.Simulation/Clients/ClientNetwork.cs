using GoQueue.Simulation.Faults;
using GoQueue.Simulation.Hosts;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Clients;

/// <summary>The answer to a client's call, or that there was none.</summary>
/// <param name="IsKnown">False: it was not answered; it may have been done, may be done later, or never.</param>
internal readonly record struct ClientAnswer<T>(bool IsKnown, T? Value);

/// <summary>Carries calls of clients to nodes and answers back; both may be late or be lost with the process they were meant for.</summary>
internal sealed class ClientNetwork(SimulationLoop loop, IReadOnlyList<SimulatedHost> hosts)
{
    private const long MinDelay = TimeSpan.TicksPerMillisecond / 20;
    private const long MaxDelay = TimeSpan.TicksPerMillisecond;

    private SimulationLoop Loop { get; } = loop;

    private SeededStream Random { get; } = new(loop.Seed, "clients");

    /// <summary>Brings the faults of the way between clients and nodes, or ends them.</summary>
    public void Use(FaultMix? mix)
    {
        LatePerMillion = mix is { LateRequests: true } ? 20_000 : 0;
        RepeatedPerMillion = mix is { RepeatedRequests: true } ? 20_000 : 0;
        LostPerMillion = mix is { LostAnswers: true } ? 30_000 : 0;
    }

    /// <summary>Answers per million that are lost on their way back, while faults are on.</summary>
    public int LostPerMillion { get; set; }

    /// <summary>Calls per million that arrive much later than the others.</summary>
    public int LatePerMillion { get; set; }

    /// <summary>Calls per million that arrive a second time, when their client may have gone on long ago.</summary>
    public int RepeatedPerMillion { get; set; }

    /// <summary>Runs <paramref name="work"/> inside the node's process. The task never fails; it ends at the latest after the time-out.</summary>
    public Task<ClientAnswer<T>> CallAsync<T>(SimulatedProcess client, int host, Func<INodeProgram, ValueTask<T>> work, TimeSpan timeout)
    {
        Call<T> call = new(this, client, host, work);
        Loop.Schedule(Delay(), null, "call", static state => ((Call<T>)state!).Arrive(), call);
        if (RepeatedPerMillion > 0 && Random.PerMillion(RepeatedPerMillion))
        {
            Loop.Schedule(Random.Between(MinDelay, TimeSpan.TicksPerSecond), null, "again", static state => ((Call<T>)state!).Arrive(), call);
        }

        Loop.ScheduleTimer(timeout.Ticks, client, new Deadline<T>(call));
        return call.Task;
    }

    private long Delay() => Random.Between(MinDelay, MaxDelay) + (LatePerMillion > 0 && Random.PerMillion(LatePerMillion) ? Random.Between(0, 2 * TimeSpan.TicksPerSecond) : 0);

    /// <summary>The end of a client's patience. The call itself goes on: it may still arrive and be done.</summary>
    private sealed class Deadline<T>(Call<T> call) : ICancellableEvent
    {
        public bool IsCancelled => call.Task.IsCompleted;

        public void Run() => call.Finish(default);
    }

    private sealed class Call<T>(ClientNetwork network, SimulatedProcess client, int host, Func<INodeProgram, ValueTask<T>> work)
    {
        private readonly TaskCompletionSource<ClientAnswer<T>> answer = new();

        public Task<ClientAnswer<T>> Task => answer.Task;

        public void Arrive()
        {
            SimulatedHost at = network.Host(host);
            if (at.Program is { IsServing: true } program && at.Process is { } process)
            {
                process.Loop.Schedule(0, process, "request", _ => _ = RunAsync(process, program), this);
            }
            else
            {
                network.Loop.Schedule(network.Delay(), client, "answer", _ => Finish(default), null); // connection refused
            }
        }

        public override string ToString() => $"{typeof(T).Name} from {client} to host {host}";

        private async Task RunAsync(SimulatedProcess process, INodeProgram program)
        {
            try
            {
                T value = await work(program);
                if (process.HasDied?.Invoke() != true && (network.LostPerMillion == 0 || !network.Random.PerMillion(network.LostPerMillion)))
                {
                    network.Loop.Schedule(network.Delay(), client, "answer", _ => Finish(new ClientAnswer<T>(true, value)), null);
                }
            }
            catch (Exception failure)
            {
                network.Loop.ReportFailure(process, failure, "request");
            }
        }

        public void Finish(ClientAnswer<T> result) => answer.TrySetResult(result);
    }

    private SimulatedHost Host(int index) => hosts[index];
}
