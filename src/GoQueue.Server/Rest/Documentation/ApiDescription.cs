using System.Reflection;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace GoQueue.Server.Rest.Documentation;

/// <summary>Fills the OpenAPI document from <see cref="EndpointDoc"/>s: parameters, bodies, examples, and problems as the shape of every failure.</summary>
internal static class ApiDescription
{
    public static void Configure(OpenApiOptions options)
    {
        // gRPC and the page itself are endpoints too, and not part of this description.
        options.ShouldInclude = static description => description.ActionDescriptor.EndpointMetadata.OfType<EndpointDoc>().Any();
        options.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "GoQueue.Raft",
                Version = "v1",
                Description = "Topics, publishing, reading and the cluster, from any node. Every failure is application/problem+json with a stable code and whether to retry.",
            };
            document.Servers = [new OpenApiServer { Url = "/" }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
    }

    private static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        EndpointDoc doc = context.Description.ActionDescriptor.EndpointMetadata.OfType<EndpointDoc>().First();
        operation.Summary = doc.Summary;
        operation.Description = doc.Description;
        operation.Tags = new HashSet<OpenApiTagReference> { new(doc.Tag, context.Document) };
        (context.Document!.Tags ??= new HashSet<OpenApiTag>()).Add(new OpenApiTag { Name = doc.Tag });
        operation.Parameters = [.. PathParameters(context.Description.RelativePath ?? string.Empty), .. doc.Parameters.Select(Describe)];

        if (doc.Body is { } takes)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/json"] = new() { Schema = await SchemaAsync(takes.Type, context, cancellationToken), Example = JsonNode.Parse(takes.Example) },
                },
            };
        }

        operation.Responses = [];
        foreach (Returns returns in doc.Returns)
        {
            OpenApiResponse response = new() { Description = ReasonPhrases.GetReasonPhrase(returns.Status) };
            if (returns.Body is { } type)
            {
                response.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [type == typeof(ProblemAnswer) ? "application/problem+json" : "application/json"] = new()
                    {
                        Schema = await SchemaAsync(type, context, cancellationToken),
                        Example = returns.Example is { } example ? JsonNode.Parse(example) : null,
                    },
                };
            }

            operation.Responses[returns.Status.ToString()] = response;
        }
    }

    private static IEnumerable<IOpenApiParameter> PathParameters(string path)
    {
        foreach ((string name, string type, string description, string example) in new[]
        {
            ("topic", "string", "Name of the topic.", "orders"),
            ("partition", "integer", "Number of the partition, from 0.", "0"),
            ("node", "string", "Id of the node.", "n1"),
        })
        {
            if (path.Contains($"{{{name}}}", StringComparison.Ordinal))
            {
                yield return new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Path,
                    Required = true,
                    Description = description,
                    Schema = Plain(type),
                    Example = Value(type, example),
                };
            }
        }
    }

    private static IOpenApiParameter Describe(Parameter parameter) => new OpenApiParameter
    {
        Name = parameter.Name,
        In = parameter.IsHeader ? ParameterLocation.Header : ParameterLocation.Query,
        Description = parameter.Description,
        Schema = Plain(parameter.Type),
        Example = Value(parameter.Type, parameter.Example),
    };

    private static OpenApiSchema Plain(string type) => new() { Type = type == "integer" ? JsonSchemaType.Integer : JsonSchemaType.String };

    private static JsonValue Value(string type, string example) =>
        type == "integer" ? JsonValue.Create(int.Parse(example)) : JsonValue.Create(example);

    /// <summary>Shapes stand once in the document, under their name, and are referred to.</summary>
    private static async Task<IOpenApiSchema> SchemaAsync(Type type, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        OpenApiDocument document = context.Document!;
        if (typeof(IMessage).IsAssignableFrom(type))
        {
            return MessageSchema.Of(((IMessage)Activator.CreateInstance(type)!).Descriptor, document);
        }

        string name = ((MemberInfo)type).Name;
        if (document.Components?.Schemas?.ContainsKey(name) != true)
        {
            OpenApiSchema schema = await context.GetOrCreateSchemaAsync(type, cancellationToken: cancellationToken);
            document.AddComponent(name, schema);
        }

        return new OpenApiSchemaReference(name, document);
    }
}
