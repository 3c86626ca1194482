using System.Text.Encodings.Web;
using System.Text.Json;

namespace GoQueue.Server.Rest;

/// <summary>Writes small JSON answers straight into the response, with their length announced. Writers are kept per thread.</summary>
internal static class JsonReply
{
    /// <summary>Only what JSON demands is escaped: answers are never put into HTML.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? kept;

    /// <summary>Answers with what <paramref name="write"/> writes. It must not await.</summary>
    public static Task SendAsync<TState>(HttpContext context, int status, in TState state, JsonReplyBody<TState> write)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";

        Utf8JsonWriter json = kept ?? new Utf8JsonWriter(response.BodyWriter, WriterOptions);
        kept = null;
        json.Reset(response.BodyWriter);
        write(json, state);
        json.Flush();
        response.ContentLength = json.BytesCommitted;
        kept = json;
        return Flush(response, context.RequestAborted);
    }

    private static Task Flush(HttpResponse response, CancellationToken cancellationToken)
    {
        ValueTask<System.IO.Pipelines.FlushResult> flush = response.BodyWriter.FlushAsync(cancellationToken);
        if (flush.IsCompletedSuccessfully)
        {
            _ = flush.Result;
            return Task.CompletedTask;
        }

        return flush.AsTask();
    }
}

internal delegate void JsonReplyBody<TState>(Utf8JsonWriter json, in TState state);
