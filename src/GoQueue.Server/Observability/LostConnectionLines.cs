namespace GoQueue.Server.Observability;

/// <summary>
/// Writes one line of the web framework at the level it deserves. When a caller resets requests faster than their answers leave, Kestrel may lose
/// the end of that connection: nothing waits for it any more, the garbage collector takes it, and Kestrel says "application never completed" as
/// critical. Known and open: https://github.com/dotnet/aspnetcore/issues/51307; an endpoint of one line without any code of ours does it too.
/// The socket is closed and the memory free by then, and <see cref="Hosting.ConnectionPlaces"/> gives the connection's place back, so an operator
/// need not be woken: it tells of a caller, not of the node.
/// </summary>
internal sealed class LostConnectionLines(ILoggerProvider inner) : ILoggerProvider, ISupportExternalScope
{
    private const string Category = "Microsoft.AspNetCore.Server.Kestrel";
    private const int EventNumber = 23;
    private const string EventName = "ApplicationNeverCompleted";

    public ILogger CreateLogger(string categoryName) =>
        categoryName == Category ? new Lowering(inner.CreateLogger(categoryName)) : inner.CreateLogger(categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => (inner as ISupportExternalScope)?.SetScopeProvider(scopeProvider);

    public void Dispose() => inner.Dispose();

    private sealed class Lowering(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == EventNumber && eventId.Name == EventName)
            {
                Observability.Log.ConnectionLost(inner, formatter(state, exception));
            }
            else
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
