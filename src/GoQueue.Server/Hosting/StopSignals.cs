using System.Runtime.InteropServices;
using GoQueue.Server.Observability;

namespace GoQueue.Server.Hosting;

/// <summary>SIGTERM and SIGINT: the first asks for an orderly stop, the second ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] registrations;
    private readonly ILogger log;
    private int seen;

    public StopSignals(ILogger log)
    {
        this.log = log;
        registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>Completes with the first signal.</summary>
    public Task Stopped => stopped.Task;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
        {
            registration.Dispose();
        }

        stopping.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref seen) > 1)
        {
            // Nothing is lost that was acknowledged: this is the same as a crash, and the next start recovers.
            Log.CutShort(log);
            Environment.Exit(ExitCodes.Aborted);
        }

        stopped.TrySetResult();
        stopping.Cancel();
    }
}
