using GoQueue.Chaos.Clients;

namespace GoQueue.Chaos.Nemesis;

/// <summary>A fault of one client process, in the middle of a send.</summary>
internal abstract class ClientFault(TestBed bed, Random random) : Fault
{
    private static readonly TimeSpan SendPatience = TimeSpan.FromSeconds(5);
    private ClientHost? client;

    protected ClientHost Client => client!;

    public sealed override async Task BeginAsync(CancellationToken cancellationToken)
    {
        client = bed.Clients.Count == 0 ? throw new NothingLeftException("no client has a process of its own in this run") : bed.Clients[random.Next(bed.Clients.Count)];
        Target = $"{client.Name} (process {client.ProcessId})";
        int sends = await client.SomeSendsAsync(SendPatience, cancellationToken);
        if (sends == 0)
        {
            throw new NothingLeftException($"{client.Name} sent nothing for {SendPatience.TotalSeconds:0} s");
        }

        Target += $", {sends} {(sends == 1 ? "send" : "sends")} open";
        await HappenAsync();
    }

    protected abstract Task HappenAsync();
}

/// <summary>SIGKILL of a client; another process goes on in its place at the end.</summary>
internal sealed class ClientKill(TestBed bed, Random random) : ClientFault(bed, random)
{
    private int leftOpen;
    private bool wasKilled;

    protected override async Task HappenAsync()
    {
        int before = Client.LeftOpen;
        wasKilled = true;
        await Client.KillAsync();
        leftOpen = Client.LeftOpen - before;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) => Task.FromResult(
        Processes.IsThere(Client.ProcessId) ? $"process {Client.ProcessId} is still there" : leftOpen == 0 ? "everything it had asked was answered" : null);

    public override Task EndAsync(CancellationToken cancellationToken)
    {
        if (wasKilled)
        {
            Client.Start();
        }

        return Task.CompletedTask;
    }
}

/// <summary>SIGSTOP of a client: its connections stay open, its time-outs run out, and what it meant to send is sent much later.</summary>
internal sealed class ClientPause(TestBed bed, Random random) : ClientFault(bed, random)
{
    private bool isPaused;

    protected override Task HappenAsync()
    {
        Client.Pause();
        isPaused = true;
        return Task.CompletedTask;
    }

    public override Task<string?> VerifyEffectAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Processes.State(Client.ProcessId) is 'T' ? null : $"process {Client.ProcessId} is in state {Processes.State(Client.ProcessId)}");

    public override Task EndAsync(CancellationToken cancellationToken)
    {
        if (isPaused)
        {
            Client.Resume();
        }

        return Task.CompletedTask;
    }
}
