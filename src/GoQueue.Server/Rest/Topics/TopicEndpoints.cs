using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GoQueue.Broker.Requests;
using GoQueue.Core;
using GoQueue.Metadata.Topics;
using Microsoft.Net.Http.Headers;

namespace GoQueue.Server.Rest.Topics;

/// <summary>Topics: create, list, get, alter, delete. Each translates and calls one operation of the broker.</summary>
internal sealed class TopicEndpoints(RestContext rest)
{
    public async Task CreateAsync(HttpContext context)
    {
        if (await ReadAsync(context, RestJson.Strict.CreateTopicBody) is not { } body)
        {
            return;
        }

        if (!TopicSettingsJson.ToPatch(body, body.Settings).TryGet(out TopicSettingsPatch? settings, out Error error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        Result<TopicImage> created = await rest.Topics.CreateAsync(new CreateTopic(body.Name, body.Partitions, settings), context.RequestAborted);
        if (created.IsOk)
        {
            context.Response.Headers.Location = $"/v1/topics/{created.Value.Name}";
        }

        await AnswerAsync(context, created, StatusCodes.Status201Created);
    }

    public Task ListAsync(HttpContext context)
    {
        TopicListAnswer answer = new() { Topics = [.. rest.Topics.List().Select(TopicAnswer.Of)] };
        return SendAsync(context, StatusCodes.Status200OK, answer, RestJson.Strict.TopicListAnswer);
    }

    public Task GetAsync(HttpContext context) => AnswerAsync(context, rest.TopicOf(context), StatusCodes.Status200OK);

    public async Task AlterAsync(HttpContext context)
    {
        if (await ReadAsync(context, RestJson.Strict.AlterTopicBody) is not { } body)
        {
            return;
        }

        if (!ExpectedVersion(context.Request, body.ExpectedVersion).TryGet(out Precondition expected, out Error error)
            || !TopicSettingsJson.ToPatch(body, body.Settings).TryGet(out TopicSettingsPatch? settings, out error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        string name = (string)context.Request.RouteValues["topic"]!;
        await AnswerAsync(context, await rest.Topics.AlterAsync(name, settings, expected.Version, context.RequestAborted), StatusCodes.Status200OK);
    }

    public async Task AddPartitionsAsync(HttpContext context)
    {
        if (await ReadAsync(context, RestJson.Strict.AddPartitionsBody) is not { } body)
        {
            return;
        }

        if (!ExpectedVersion(context.Request, body.ExpectedVersion).TryGet(out Precondition expected, out Error error))
        {
            await Problem.WriteAsync(context, error);
            return;
        }

        string name = (string)context.Request.RouteValues["topic"]!;
        await AnswerAsync(context, await rest.Topics.AddPartitionsAsync(name, body.Total, expected.Version, context.RequestAborted), StatusCodes.Status200OK);
    }

    public async Task DeleteAsync(HttpContext context)
    {
        Result<TopicImage> deleted = await rest.Topics.DeleteAsync((string)context.Request.RouteValues["topic"]!, context.RequestAborted);
        if (!deleted.IsOk)
        {
            await Problem.WriteAsync(context, deleted.Error);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Null: the problem is answered already.</summary>
    private async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        using RequestBody? body = await rest.ReadJsonAsync(context);
        if (body is null)
        {
            return null;
        }

        string problem;
        try
        {
            if (JsonSerializer.Deserialize(body.Span, type) is { } value)
            {
                return value;
            }

            problem = "the body is null, expected an object";
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, which is no text.
            problem = malformed.Message;
        }

        await Problem.WriteAsync(context, ErrorCode.MalformedRequest, problem);
        return null;
    }

    /// <summary>From If-Match (<c>"12"</c>, or <c>*</c> for whatever there is) or from the body; both must agree.</summary>
    private static Result<Precondition> ExpectedVersion(HttpRequest request, long? inBody)
    {
        if (request.Headers.IfMatch.Count == 0)
        {
            return new Precondition(inBody);
        }

        string header = request.Headers.IfMatch.ToString();
        if (header == "*")
        {
            return new Precondition(inBody);
        }

        if (!EntityTagHeaderValue.TryParse(header, out EntityTagHeaderValue? tag) || tag.IsWeak || !long.TryParse(tag.Tag.AsSpan().Trim('"'), out long version))
        {
            return new Error(ErrorCode.InvalidArgument, "If-Match is not the ETag of a topic, which is its version in quotes");
        }

        return inBody is { } other && other != version
            ? new Error(ErrorCode.InvalidArgument, $"If-Match asks for version {version} and expectedVersion for {other}")
            : new Precondition(version);
    }

    private static Task AnswerAsync(HttpContext context, Result<TopicImage> result, int status)
    {
        if (!result.TryGet(out TopicImage? topic, out Error error))
        {
            return Problem.WriteAsync(context, error);
        }

        context.Response.Headers.ETag = $"\"{topic.Version}\"";
        return SendAsync(context, status, TopicAnswer.Of(topic), RestJson.Strict.TopicAnswer);
    }

    private static Task SendAsync<T>(HttpContext context, int status, T answer, JsonTypeInfo<T> type) =>
        JsonReply.SendAsync(context, status, (answer, type), static (json, in given) => JsonSerializer.Serialize(json, given.answer, given.type));

    private readonly record struct Precondition(long? Version);
}
