using System.Globalization;
using System.Text;
using GoQueue.Cli.Values;

namespace GoQueue.Cli.Dev;

/// <summary>What <c>goqueue dev</c> says when the broker runs: where it listens and what to type next.</summary>
internal static class Welcome
{
    public static string Text(ReadyLine ready, string data, bool ephemeral, int processId)
    {
        // Only an address that is not the usual one has to be typed.
        string server = string.Equals(ready.Grpc, ServerAddress.Default.ToString(), StringComparison.Ordinal) ? string.Empty : $" --server {ready.Grpc}";
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"GoQueue is running (process {processId}). Stop it with Ctrl-C.");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"  HTTP      http://{ready.Http}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  gRPC      {ready.Grpc}");
        if (ready.Metrics is not null)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  metrics   http://{ready.Metrics}/metrics");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  data      {data}{(ephemeral ? "  (deleted at the end)" : string.Empty)}");
        text.AppendLine();
        text.AppendLine("Try next, in another terminal:");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue topic create orders{server}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue produce orders -m hello --key customer-1{server}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue consume orders --from-beginning --follow{server}");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"  curl -s http://{ready.Http}/v1/topics/orders/publish -H 'content-type: application/json' -d '{{\"key\":\"customer-1\",\"value\":\"hello\"}}'");
        text.AppendLine(CultureInfo.InvariantCulture, $"  curl -s 'http://{ready.Http}/v1/topics/orders/partitions/0/messages?offset=0'");
        return text.ToString();
    }
}
