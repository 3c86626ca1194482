namespace GoQueue.Server.Observability;

/// <summary>How log lines are written to standard error.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, message.</summary>
    Text,

    /// <summary>For machines: one JSON object a line.</summary>
    Json,
}
