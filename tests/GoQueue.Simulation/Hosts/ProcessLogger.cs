using GoQueue.Core;
using GoQueue.Simulation.World;
using GoQueue.Storage.Directories;
using Microsoft.Extensions.Logging;

namespace GoQueue.Simulation.Hosts;

/// <summary>
/// What one process logs. Warnings and worse stand in the trace; everything does when somebody looks. A broken invariant that the product caught, logged
/// and survived is a finding all the same, and so is any exception but those that disks and cancellations bring.
/// </summary>
internal sealed class ProcessLogger(SimulatedProcess process) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= process.Loop.LogLevel;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        SimulationLoop loop = process.Loop;
        if (logLevel >= loop.LogLevel)
        {
            loop.Trace.Note(loop.Now, "log", process.Index, $"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : " <- " + exception)}");
        }

        if (exception is not (null or IOException or OperationCanceledException or ObjectDisposedException or VirtualCrashException))
        {
            loop.ReportFailure(process, new SimulationFailure(exception is InvariantViolationException ? "invariant" : "unhandled", $"{process.Name} logged: {formatter(state, exception)}: {exception.Message}", exception), "log");
        }
    }
}
