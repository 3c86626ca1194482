using System.Runtime.InteropServices;
using GoQueue.Cli.Failures;

namespace GoQueue.Cli.Hosting;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP. The first asks the command to end in good order (flush what was accepted, say what was done); the second ends
/// the process at once, because waiting for a server that no longer answers must be escapable.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private int signals;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    public bool Happened => source.IsCancellationRequested;

    /// <summary>What the second signal does; ends the process unless a command has something to end before.</summary>
    public Action OnSecond { get; set; } = () => Environment.Exit((int)ExitCode.Interrupted);

    public static Interruption ListenToSignals()
    {
        Interruption interruption = new();
        foreach (PosixSignal signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            interruption.registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                interruption.Raise();
            }));
        }

        return interruption;
    }

    public void Raise()
    {
        if (Interlocked.Increment(ref signals) == 1)
        {
            source.Cancel();
        }
        else
        {
            OnSecond();
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
        {
            registration.Dispose();
        }

        source.Dispose();
    }
}
