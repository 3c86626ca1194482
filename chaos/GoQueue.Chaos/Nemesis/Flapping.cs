using GoQueue.Chaos.Networks;

namespace GoQueue.Chaos.Nemesis;

/// <summary>A node is cut off and connected again every few hundred milliseconds, by drops or by resets.</summary>
internal sealed class Flapping(TestBed bed, Random random, Cut cut) : LinkFault(bed, random, Patterns.Single)
{
    private const int LeastMillis = 200;
    private const int MostMillis = 1_500;
    private readonly CancellationTokenSource stop = new();
    private Task flapping = Task.CompletedTask;
    private int cuts;
    private int silences;

    protected override Task HappenAsync(CancellationToken cancellationToken)
    {
        flapping = FlapAsync(new Random(Random.Next()));
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Volatile.Read(ref silences) > 0 ? null : $"in {Volatile.Read(ref cuts)} cuts the node was always reached");

    public override async Task EndAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await flapping;
        stop.Dispose();
    }

    private async Task FlapAsync(Random pauses)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (Way way in Ways)
            {
                await Bed.Cuts.CutAsync(cut, AddressOf(way.From), way.To);
            }

            Interlocked.Increment(ref cuts);
            if (Volatile.Read(ref silences) == 0 && await TryAsync(Ways[0]) != Reached.Connected)
            {
                Interlocked.Increment(ref silences);
            }

            await PauseAsync(pauses);
            foreach (Way way in Ways)
            {
                await Bed.Cuts.HealAsync(cut, AddressOf(way.From), way.To);
            }

            await PauseAsync(pauses);
        }
    }

    private async Task PauseAsync(Random pauses) =>
        await Task.Delay(pauses.Next(LeastMillis, MostMillis), stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
