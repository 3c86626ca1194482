using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GoQueue.Server.Tests.Fixtures;

/// <summary>Keeps what the node logs as an error: a node that answers a test's bad input must not have failed on it.</summary>
internal sealed class FailureLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> failures = new();

    public IReadOnlyCollection<string> Failures => failures;

    public ILogger CreateLogger(string categoryName) => new Writer(categoryName, failures);

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Writer(string category, ConcurrentQueue<string> failures) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                failures.Enqueue($"{category}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
