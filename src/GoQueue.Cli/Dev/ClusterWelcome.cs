using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GoQueue.Cli.Dev;

/// <summary>What <c>goqueue dev --nodes</c> says when the cluster runs: where each node listens and what to type next.</summary>
internal static class ClusterWelcome
{
    /// <param name="ready">What each node announced, in the order of the nodes.</param>
    /// <param name="isForPeople">Else one line of JSON for whoever started this.</param>
    public static string Text(IReadOnlyList<DevNode> nodes, IReadOnlyList<ReadyLine> ready, string data, bool ephemeral, bool isForPeople) =>
        isForPeople ? Greeting(nodes, ready, data, ephemeral) : Line(nodes, ready);

    private static string Greeting(IReadOnlyList<DevNode> nodes, IReadOnlyList<ReadyLine> lines, string data, bool ephemeral)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"A cluster of {nodes.Count} is running. Stop it with Ctrl-C.");
        text.AppendLine();
        foreach ((DevNode node, ReadyLine ready) in nodes.Zip(lines))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {node.Plan.Id}  gRPC {ready.Grpc}  HTTP http://{ready.Http}  metrics http://{ready.Metrics}/metrics  (process {node.Server.ProcessId})");
        }

        ReadyLine first = lines[0];
        ReadyLine second = lines[1];
        text.AppendLine(CultureInfo.InvariantCulture, $"  data in {data}{(ephemeral ? "  (deleted at the end)" : string.Empty)}");
        text.AppendLine();
        text.AppendLine("Try next, in another terminal; any node answers:");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue cluster info --server {first.Grpc}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue topic create orders --replication-factor {Math.Min(nodes.Count, 3)} --server {first.Grpc}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue produce orders -m hello --server {second.Grpc}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue consume orders --from-beginning --server {first.Grpc}");
        text.AppendLine(CultureInfo.InvariantCulture, $"  goqueue cluster partitions --topic orders --server {first.Grpc}");
        return text.ToString();
    }

    private static string Line(IReadOnlyList<DevNode> nodes, IReadOnlyList<ReadyLine> lines)
    {
        JsonArray list = [];
        foreach ((DevNode node, ReadyLine line) in nodes.Zip(lines))
        {
            JsonObject ready = JsonNode.Parse(line.Text)!.AsObject();
            ready.Remove("event");
            ready.Insert(0, "node", node.Plan.Id);
            ready["process"] = node.Server.ProcessId;
            list.Add((JsonNode)ready);
        }

        return new JsonObject { ["event"] = "ready", ["nodes"] = list }.ToJsonString(new JsonSerializerOptions()) + "\n";
    }
}
