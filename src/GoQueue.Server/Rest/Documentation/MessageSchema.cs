using System.Text.Json.Nodes;
using GoQueue.Contracts.Json;
using Google.Protobuf.Reflection;
using Microsoft.OpenApi;

namespace GoQueue.Server.Rest.Documentation;

/// <summary>The shape of a message of the protocol as <see cref="MessageJson"/> writes it, for the API description.</summary>
internal static class MessageSchema
{
    /// <summary>Puts the message and those inside it into the document, each once under its name, and refers to it.</summary>
    public static IOpenApiSchema Of(MessageDescriptor message, OpenApiDocument document)
    {
        if (document.Components?.Schemas?.ContainsKey(message.Name) != true)
        {
            OpenApiSchema schema = new() { Type = JsonSchemaType.Object, Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal) };
            document.AddComponent(message.Name, schema);
            foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
            {
                schema.Properties[field.JsonName] = Of(field, document);
            }
        }

        return new OpenApiSchemaReference(message.Name, document);
    }

    private static IOpenApiSchema Of(FieldDescriptor field, OpenApiDocument document)
    {
        if (field.IsRepeated)
        {
            return new OpenApiSchema { Type = JsonSchemaType.Array, Items = One(field, document, default) };
        }

        return One(field, document, field.HasPresence && field.FieldType != FieldType.Message ? JsonSchemaType.Null : default);
    }

    private static IOpenApiSchema One(FieldDescriptor field, OpenApiDocument document, JsonSchemaType orNull) => field.FieldType switch
    {
        FieldType.Message => Of(field.MessageType, document),
        FieldType.Enum => new OpenApiSchema
        {
            Type = JsonSchemaType.String | orNull,
            Enum = [.. field.EnumType.Values.Select(static value => (JsonNode)JsonValue.Create(MessageJson.NameOf(value)))],
        },
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean | orNull },
        FieldType.Int32 or FieldType.UInt32 => new OpenApiSchema { Type = JsonSchemaType.Integer | orNull, Format = "int32" },
        FieldType.Int64 or FieldType.UInt64 => new OpenApiSchema { Type = JsonSchemaType.Integer | orNull, Format = "int64" },
        _ => new OpenApiSchema { Type = JsonSchemaType.String | orNull },
    };
}
