using System.Security.Cryptography;
using System.Text;

namespace GoQueue.Server.Rest.Documentation;

/// <summary><c>/openapi/v1.json</c>, and <c>/docs</c>: a page of our own that shows it and lets one try a call.</summary>
internal static class DocumentationRoutes
{
    public static IServiceCollection AddDocumentation(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, RestJson.Default));
        services.AddOpenApi("v1", ApiDescription.Configure);
        return services;
    }

    public static void MapDocumentation(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi("/openapi/{documentName}.json");

        byte[] page = Load();
        string policy = ContentSecurityPolicy(Encoding.UTF8.GetString(page));
        endpoints.MapGet("/docs", context =>
        {
            HttpResponse response = context.Response;
            response.ContentType = "text/html; charset=utf-8";
            response.ContentLength = page.Length;
            response.Headers.ContentSecurityPolicy = policy;
            response.Headers.XFrameOptions = "DENY";
            response.Headers["Referrer-Policy"] = "no-referrer";
            return response.Body.WriteAsync(page, context.RequestAborted).AsTask();
        });
    }

    /// <summary>Only this very script and this very style run, and only this node is talked to.</summary>
    private static string ContentSecurityPolicy(string page) =>
        $"default-src 'none'; script-src {HashOf(page, "script")}; style-src {HashOf(page, "style")}; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static string HashOf(string page, string element)
    {
        int start = page.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        int end = page.IndexOf($"</{element}>", start, StringComparison.Ordinal);
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page[start..end])))}'";
    }

    private static byte[] Load()
    {
        using Stream page = typeof(DocumentationRoutes).Assembly.GetManifestResourceStream("docs.html") ?? throw new InvalidOperationException("the page is not in the program");
        using MemoryStream bytes = new();
        page.CopyTo(bytes);
        return bytes.ToArray();
    }
}
