using System.Text.Json;

namespace GoQueue.Cli.Dev;

/// <summary>The line a server prints on standard output when it takes requests.</summary>
internal sealed record ReadyLine(string Text, string Http, string Grpc, string? Metrics, string? Peer)
{
    /// <summary>Null when the line is something else.</summary>
    public static ReadyLine? TryParse(string line)
    {
        if (!line.StartsWith('{'))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            return Field(root, "event") is "ready" && Field(root, "http") is { } http && Field(root, "grpc") is { } grpc
                ? new ReadyLine(line, http, grpc, Field(root, "metrics"), Field(root, "peer"))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Field(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
