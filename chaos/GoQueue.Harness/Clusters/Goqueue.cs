using System.Diagnostics;
using System.Text.Json;

namespace GoQueue.Harness.Clusters;

/// <summary>The command line tool, run to its end; what it prints as JSON is the answer.</summary>
internal static class Goqueue
{
    /// <exception cref="HarnessException">It ended with another code than 0.</exception>
    public static async Task<JsonElement> RunAsync(string bin, Cluster cluster, CancellationToken cancellationToken, params string[] arguments)
    {
        ProcessStartInfo start = new(Path.Combine(bin, "goqueue"), ["--server", cluster.Serving().Ports.GrpcEndpoint, "-o", "json", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("GOQUEUE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start) ?? throw new HarnessException("goqueue did not start");
        Orphans.Add(process.Id);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new HarnessException($"goqueue {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}{await output}");
            }

            string text = await output;
            using JsonDocument json = JsonDocument.Parse(text.Length > 0 ? text : "null");
            return json.RootElement.Clone();
        }
        finally
        {
            Orphans.Remove(process.Id);
        }
    }
}
