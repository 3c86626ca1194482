using System.Text.Encodings.Web;
using System.Text.Json;
using GoQueue.Core;
using GoQueue.Server.Errors;

namespace GoQueue.Server.Rest;

/// <summary>
/// The one place where HTTP callers are told of a failure: <c>application/problem+json</c> with the stable <c>code</c> and whether repeating the
/// same request can help.
/// </summary>
internal static class Problem
{
    private const int MaxInstanceLength = 256;
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext context, ErrorCode code, string detail) => WriteAsync(context, new Error(code, detail));

    /// <param name="status">Where HTTP knows better than the table, as for a wrong method or media type.</param>
    /// <param name="extra">More members for this problem.</param>
    public static async Task WriteAsync(HttpContext context, Error error, int? status = null, Action<Utf8JsonWriter>? extra = null)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        bool isRetriable = ErrorCodes.IsRetriable(error.Code);
        response.StatusCode = status ?? ErrorMapping.ToHttpStatus(error.Code);
        response.ContentType = "application/problem+json";
        if (isRetriable)
        {
            response.Headers.RetryAfter = error.Code == ErrorCode.DiskFull ? "10" : "1";
        }

        using (Utf8JsonWriter json = new(response.BodyWriter, WriterOptions))
        {
            string name = ErrorCodes.Name(error.Code);
            json.WriteStartObject();
            json.WriteString("type"u8, $"urn:goqueue:error:{name}");
            json.WriteString("title"u8, ErrorCodes.Describe(error.Code));
            json.WriteNumber("status"u8, response.StatusCode);
            json.WriteString("detail"u8, error.Detail);
            json.WriteString("instance"u8, Instance(context.Request.Path.Value ?? string.Empty));
            json.WriteString("code"u8, name);
            json.WriteBoolean("retriable"u8, isRetriable);
            json.WriteString("traceId"u8, context.TraceIdentifier);
            extra?.Invoke(json);
            json.WriteEndObject();
            json.Flush();
            response.ContentLength = json.BytesCommitted;
        }

        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static string Instance(string path) => path.Length <= MaxInstanceLength ? path : string.Concat(path.AsSpan(0, MaxInstanceLength), "...");
}
