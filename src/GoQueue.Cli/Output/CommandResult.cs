using System.Text.Json.Nodes;

namespace GoQueue.Cli.Output;

/// <summary>What a command found, twice: as a document for programs (json, yaml) and as tables for people.</summary>
internal sealed record CommandResult(JsonNode Document, params ResultTable[] Tables);
