using GoQueue.Server.Configuration;

namespace GoQueue.Server.Hosting;

/// <summary>The life of the process: start, announce, wait for a signal, stop.</summary>
internal static class ServerProcess
{
    public static async Task<int> RunAsync(ServerOptions options)
    {
        _ = options;
        await Console.Error.WriteLineAsync("goqueue-server: the broker is not composed yet");
        return ExitCodes.Failed;
    }
}
