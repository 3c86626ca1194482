using System.Globalization;
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
                // Through its text: a value made from an uint is not convertible to any other number type.
                string number = value.ToJsonString();
                return long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole : double.Parse(number, CultureInfo.InvariantCulture);
            case JsonValueKind.Null:
                return null;
            default:
                return value.GetValue<string>();
        }
    }
}
