namespace GoQueue.Server.Grpc;

/// <summary>Log messages of the gRPC layer, ids 4000 to 4099.</summary>
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Error, "The gRPC call {Method} failed")]
    public static partial void CallFailed(ILogger logger, Exception failure, string method);

    [LoggerMessage(4001, LogLevel.Debug, "The client of the gRPC call {Method} went away")]
    public static partial void ClientGone(ILogger logger, string method);
}
