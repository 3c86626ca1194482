using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace GoQueue.Server.Observability;

/// <summary>One line for each event; an exception follows on lines of its own.</summary>
internal sealed class TextLogFormatter : ITextFormatter
{
    private static readonly MessageTemplateTextFormatter Message = new("{Message:lj}");

    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        output.Write(logEvent.Level switch
        {
            LogEventLevel.Verbose => " TRC ",
            LogEventLevel.Debug => " DBG ",
            LogEventLevel.Information => " INF ",
            LogEventLevel.Warning => " WRN ",
            LogEventLevel.Error => " ERR ",
            _ => " FTL ",
        });
        if (logEvent.Properties.TryGetValue("SourceContext", out LogEventPropertyValue? source) && source is ScalarValue { Value: string name })
        {
            output.Write(name);
            output.Write(": ");
        }

        using StringWriter message = new();
        Message.Format(logEvent, message);
        output.WriteLine(ServerLogging.OneLine(message.ToString()));
        if (logEvent.Exception is not null)
        {
            output.WriteLine(logEvent.Exception);
        }
    }
}
