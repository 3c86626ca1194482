using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GoQueue.Server.Rest.Documentation;
using GoQueue.Server.Rest.Topics;

namespace GoQueue.Server.Rest;

/// <summary>
/// JSON of everything that is not on the hot path, generated at compile time and read strictly. The message shapes are here for the API
/// description; their own parser and writer never make these objects.
/// </summary>
[JsonSerializable(typeof(CreateTopicBody))]
[JsonSerializable(typeof(AlterTopicBody))]
[JsonSerializable(typeof(AddPartitionsBody))]
[JsonSerializable(typeof(TopicAnswer))]
[JsonSerializable(typeof(TopicListAnswer))]
[JsonSerializable(typeof(PublishBody))]
[JsonSerializable(typeof(PublishAnswer))]
[JsonSerializable(typeof(BatchBody))]
[JsonSerializable(typeof(BatchAnswer))]
[JsonSerializable(typeof(MessagesAnswer))]
[JsonSerializable(typeof(OffsetsAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(IndexAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
internal sealed partial class RestJson : JsonSerializerContext
{
    /// <summary>With the strict options; the generated default instance has none of them.</summary>
    public static readonly RestJson Strict = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        MaxDepth = Json.StrictJson.MaxDepth,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
