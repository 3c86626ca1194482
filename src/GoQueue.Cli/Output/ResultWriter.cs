using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GoQueue.Cli.Output;

/// <summary>Prints results on standard output in the chosen format.</summary>
internal sealed class ResultWriter(CommandStreams streams, OutputFormat format, bool color)
{
    // Text that is not ASCII stays readable; nothing here ends up inside HTML.
    internal static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public OutputFormat Format => format;

    public void Write(CommandResult result)
    {
        streams.WriteText(format switch
        {
            OutputFormat.Json => result.Document.ToJsonString(Indented) + "\n",
            OutputFormat.Yaml => YamlText.Of(result.Document),
            _ => string.Join("\n", result.Tables.Select(table => table.Render(color))),
        });
        streams.Output.Flush();
    }

    /// <summary>One of many documents: a line of JSON, or a YAML document after <c>---</c>.</summary>
    public void WriteOneOfMany(JsonNode document) =>
        streams.WriteText(format is OutputFormat.Yaml ? "---\n" + YamlText.Of(document) : document.ToJsonString(OneLine) + "\n");
}
