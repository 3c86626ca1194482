using System.Reflection;

namespace GoQueue.Server.Rest.Documentation;

/// <summary>What the API description says of an endpoint beyond its route.</summary>
internal sealed record EndpointDoc(string Summary, string Description, string Tag, IReadOnlyList<Returns> Returns)
{
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    public Takes? Body { get; init; }
}

/// <summary>A request body.</summary>
/// <param name="Example">JSON.</param>
internal sealed record Takes(Type Type, string Example);

/// <summary>One answer. Without a type it has no body.</summary>
/// <param name="Example">JSON.</param>
internal sealed record Returns(int Status, Type? Body, string? Example = null);

/// <summary>A parameter of the query or a header; those of the path come from the route.</summary>
internal sealed record Parameter(string Name, string Type, string Description, string Example, bool IsHeader = false);

internal static class EndpointDocExtensions
{
    private static readonly MethodInfo Undescribed =
        typeof(EndpointDocExtensions).GetMethod(nameof(Handle), BindingFlags.NonPublic | BindingFlags.Static) ?? throw new InvalidOperationException();

    public static IEndpointConventionBuilder Documented(this IEndpointConventionBuilder endpoint, string summary, string description, string tag, params Returns[] returns) =>
        endpoint.Documented(new EndpointDoc(summary, description, tag, returns));

    /// <summary>The framework describes endpoints by their method; ours take the plain context, so any method of that shape will do.</summary>
    public static IEndpointConventionBuilder Documented(this IEndpointConventionBuilder endpoint, EndpointDoc doc) => endpoint.WithMetadata(doc, Undescribed);

    private static void Handle(HttpContext context) => _ = context;
}
