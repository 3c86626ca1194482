namespace GoQueue.Server.Formation;

/// <summary>Log messages about finding and joining a cluster, ids 1200 to 1219.</summary>
internal static partial class Log
{
    [LoggerMessage(1200, LogLevel.Information, "{Name} resolves to {Targets}")]
    public static partial void NameResolved(ILogger log, string name, string targets);

    [LoggerMessage(1201, LogLevel.Debug, "Nobody answers at {Target}: {Problem}")]
    public static partial void NobodyThere(ILogger log, string target, string problem);
}
