namespace GoQueue.Server.Observability;

/// <summary>Log messages of the server, ids 1000 to 1099.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Warning, "{Warning}")]
    public static partial void ConfigurationWarning(ILogger log, string warning);

    [LoggerMessage(1001, LogLevel.Information, "Node {NodeId} is ready; its data is in {Path}")]
    public static partial void Ready(ILogger log, string nodeId, string path);

    [LoggerMessage(1002, LogLevel.Information, "Told to stop: requests under way are finished, new ones refused")]
    public static partial void Stopping(ILogger log);

    [LoggerMessage(1003, LogLevel.Information, "Stopped; every log is flushed and marked clean")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(1004, LogLevel.Warning, "A second signal: leaving at once, the next start will recover")]
    public static partial void CutShort(ILogger log);

    [LoggerMessage(1005, LogLevel.Critical, "The node cannot go on")]
    public static partial void Failed(ILogger log, Exception failure);

    [LoggerMessage(1006, LogLevel.Warning, "Requests were still under way after {Seconds} s and were cut")]
    public static partial void DrainTimedOut(ILogger log, double seconds);

    [LoggerMessage(1007, LogLevel.Warning, "{Line} The web server lost the end of a connection whose caller reset many requests (dotnet/aspnetcore issue 51307); it is closed and its memory is free")]
    public static partial void ConnectionLost(ILogger log, string line);

    [LoggerMessage(1010, LogLevel.Error, "Request {Method} {Route} failed (trace {TraceId})")]
    public static partial void RequestFailed(ILogger log, string method, string route, string traceId, Exception failure);
}
