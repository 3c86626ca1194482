using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace GoQueue.Cli.Output;

/// <summary>A JSON document as YAML; strings that YAML would read as something else are quoted.</summary>
internal static class YamlText
{
    public static string Of(JsonNode document) => new SerializerBuilder()
        .WithQuotingNecessaryStrings(quoteYaml1_1Strings: true)
        .WithIndentedSequences()
        .Build()
        .Serialize(Plain(document));

    private static object? Plain(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => map.ToDictionary(pair => pair.Key, pair => Plain(pair.Value), StringComparer.Ordinal),
        JsonArray list => list.Select(Plain).ToList(),
        _ => Scalar(node.AsValue()),
    };

    private static object? Scalar(JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            case JsonValueKind.Number:
                return value.TryGetValue(out long whole) ? whole : value.TryGetValue(out int small) ? small : value.GetValue<double>();
            case JsonValueKind.Null:
                return null;
            default:
                return value.GetValue<string>();
        }
    }
}
