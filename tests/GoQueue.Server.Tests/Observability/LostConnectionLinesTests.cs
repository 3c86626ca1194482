using GoQueue.Server.Observability;
using Microsoft.Extensions.Logging;

namespace GoQueue.Server.Tests.Observability;

public sealed class LostConnectionLinesTests
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";

    [Theory]
    [InlineData(Kestrel, 23, "ApplicationNeverCompleted", LogLevel.Warning)]
    [InlineData(Kestrel, 23, "SomethingElse", LogLevel.Critical)]
    [InlineData(Kestrel, 24, "ApplicationNeverCompleted", LogLevel.Critical)]
    [InlineData("GoQueue.Server", 23, "ApplicationNeverCompleted", LogLevel.Critical)]
    public void Only_the_line_of_a_lost_connection_is_lowered(string category, int number, string name, LogLevel expected)
    {
        Kept kept = new();
        using LostConnectionLines lines = new(kept);
        ILogger log = lines.CreateLogger(category);
        log.Log(LogLevel.Critical, new EventId(number, name), "0HNPPQH5K6G6N", null, static (id, _) => $"Connection id {id} application never completed.");
        (LogLevel level, string text) = Assert.Single(kept.Lines);
        Assert.Equal(expected, level);
        Assert.StartsWith("Connection id 0HNPPQH5K6G6N application never completed.", text, StringComparison.Ordinal);
        Assert.Equal(expected == LogLevel.Warning, text.Contains("51307", StringComparison.Ordinal));
    }

    private sealed class Kept : ILoggerProvider, ILogger
    {
        public List<(LogLevel Level, string Text)> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
            // Nothing is held.
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((logLevel, formatter(state, exception)));
    }
}
