using GoQueue.Server.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Formatting.Json;

namespace GoQueue.Server.Observability;

/// <summary>Structured logs on standard error, through Microsoft.Extensions.Logging so that no other module knows the writer.</summary>
internal static class ServerLogging
{
    public static ILoggerFactory Create(LoggingOptions options)
    {
        ITextFormatter formatter = options.Format == LogFormat.Json ? new JsonFormatter(renderMessage: true) : new TextLogFormatter();
        Logger writer = new LoggerConfiguration()
            .MinimumLevel.Is(LevelConvert.ToSerilogLevel(options.Level))
            .Enrich.FromLogContext()
            .WriteTo.Console(formatter, standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
        return LoggerFactory.Create(logging =>
        {
            logging.SetMinimumLevel(options.Level);

            // The web framework tells at Information what our own log and metrics say already, once for each request.
            logging.AddFilter("Microsoft", options.Level > LogLevel.Warning ? options.Level : LogLevel.Warning);
            if (options.Level > LogLevel.Debug)
            {
                // What a caller's frames make of a connection, up to a critical line for each frame of a flood. Our own layers log their failures.
                logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None);
            }

            logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a failed start is told by the process, in a sentence
            logging.AddProvider(new LostConnectionLines(new SerilogLoggerProvider(writer, dispose: true)));
        });
    }

    /// <summary>The text with control characters made visible, so that what a caller sent can never start a line of its own.</summary>
    public static string OneLine(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(static c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString())) : text;
}
