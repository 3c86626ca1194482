using System.Text.Json;
using GoQueue.Contracts.Json;
using GoQueue.Core;
using GoQueue.Server.Administration;
using Google.Protobuf;
using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Rest.Administration;

/// <summary>
/// <c>/v1/admin</c>: administration of the cluster, from any node. Bodies and answers are the messages of the protocol in JSON, so each shape is
/// defined once (proto/goqueue/v1/cluster.proto).
/// </summary>
internal sealed class ClusterEndpoints(RestContext rest, ClusterAdmin admin)
{
    private static readonly string[] PartitionParameters = ["topic", "node", "offline", "underReplicated", "underMinInSync", "reassigning", "pageSize", "pageToken"];
    private static readonly string[] ReassignmentParameters = ["topic"];

    public Task GetClusterAsync(HttpContext context) => AnswerAsync(context, admin.GetCluster(new V1.GetClusterRequest()));

    public Task GetQuorumAsync(HttpContext context) => AnswerAsync(context, admin.GetCluster(new V1.GetClusterRequest()), static answer => answer.Quorum);

    public Task GetHealthAsync(HttpContext context) => AnswerAsync(context, admin.GetHealth(new V1.GetClusterHealthRequest()));

    public Task ListBrokersAsync(HttpContext context) => AnswerAsync(context, admin.ListBrokers(new V1.ListBrokersRequest()));

    public Task ListEventsAsync(HttpContext context) => AnswerAsync(context, admin.ListEvents(new V1.ListEventsRequest()));

    public Task ListPartitionsAsync(HttpContext context)
    {
        QueryReader query = new(context.Request.Query, PartitionParameters);
        V1.ListPartitionsRequest request = new()
        {
            Offline = query.Flag("offline"),
            UnderReplicated = query.Flag("underReplicated"),
            UnderMinInSync = query.Flag("underMinInSync"),
            Reassigning = query.Flag("reassigning"),
            PageSize = query.Number("pageSize", 0, 0, 10_000),
            PageToken = query.Text("pageToken") ?? string.Empty,
        };
        if (query.Text("topic") is { } topic)
        {
            request.Topic = topic;
        }

        if (query.Text("node") is { } node)
        {
            request.Node = node;
        }

        return query.Error is { } mistake ? Problem.WriteAsync(context, mistake) : AnswerAsync(context, admin.ListPartitions(request));
    }

    public async Task PlanAsync(HttpContext context)
    {
        if (await ReadAsync<V1.PlanReassignmentRequest>(context) is { } request)
        {
            await AnswerAsync(context, admin.Plan(request));
        }
    }

    public async Task GetReassignmentAsync(HttpContext context) =>
        await AnswerAsync(context, await admin.GetReassignmentAsync(new V1.GetReassignmentRequest(), context.RequestAborted), static answer => answer.Reassignment);

    public async Task StartReassignmentAsync(HttpContext context)
    {
        if (await ReadAsync<V1.StartReassignmentRequest>(context) is { } request)
        {
            await AnswerAsync(context, await admin.StartReassignmentAsync(request, context.RequestAborted), static answer => answer.Reassignment, StatusCodes.Status202Accepted);
        }
    }

    public async Task AlterReassignmentAsync(HttpContext context)
    {
        if (await ReadAsync<V1.AlterReassignmentRequest>(context) is { } request)
        {
            await AnswerAsync(context, await admin.AlterReassignmentAsync(request, context.RequestAborted), static answer => answer.Reassignment);
        }
    }

    public async Task CancelReassignmentAsync(HttpContext context)
    {
        QueryReader query = new(context.Request.Query, ReassignmentParameters);
        if (query.Error is { } mistake)
        {
            await Problem.WriteAsync(context, mistake);
            return;
        }

        V1.CancelReassignmentRequest request = new();
        if (query.Text("topic") is { } topic)
        {
            request.Topics.Add(topic);
        }

        await AnswerAsync(context, await admin.CancelReassignmentAsync(request, context.RequestAborted), static answer => answer.Reassignment);
    }

    public async Task TransferLeaderAsync(HttpContext context)
    {
        if (await ReadAsync<V1.TransferLeaderRequest>(context) is { } request)
        {
            await AnswerAsync(context, await admin.TransferLeaderAsync(request, context.RequestAborted), static answer => answer.Partition);
        }
    }

    public async Task BalanceLeadersAsync(HttpContext context)
    {
        if (await ReadAsync<V1.BalanceLeadersRequest>(context) is { } request)
        {
            await AnswerAsync(context, await admin.BalanceLeadersAsync(request, context.RequestAborted));
        }
    }

    public async Task TransferControllerAsync(HttpContext context)
    {
        if (await ReadAsync<V1.TransferControllerRequest>(context) is { } request)
        {
            await AnswerAsync(context, await admin.TransferControllerAsync(request, context.RequestAborted));
        }
    }

    public Task DrainAsync(HttpContext context) => ChangeBrokerAsync(
        context,
        async (node, token) => await admin.DrainAsync(new V1.DrainBrokerRequest { Node = node }, token),
        static answer => answer.Reassignment,
        StatusCodes.Status202Accepted);

    public Task UndrainAsync(HttpContext context) =>
        ChangeBrokerAsync(context, async (node, token) => await admin.UndrainAsync(new V1.UndrainBrokerRequest { Node = node }, token), static answer => answer);

    public Task PromoteAsync(HttpContext context) =>
        ChangeBrokerAsync(context, async (node, token) => await admin.PromoteAsync(new V1.PromoteBrokerRequest { Node = node }, token), static answer => answer);

    public async Task RemoveAsync(HttpContext context)
    {
        Result<V1.RemoveBrokerResponse> removed = await admin.RemoveAsync(new V1.RemoveBrokerRequest { Node = NodeOf(context) }, context.RequestAborted);
        if (!removed.IsOk)
        {
            await Problem.WriteAsync(context, removed.Error);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task ChangeBrokerAsync<T>(
        HttpContext context, Func<string, CancellationToken, Task<Result<T>>> change, Func<T, IMessage> select, int status = StatusCodes.Status200OK)
    {
        // The body says nothing more, but its media type keeps pages of other sites from sending this.
        using RequestBody? body = await rest.ReadJsonAsync(context);
        if (body is not null)
        {
            await AnswerAsync(context, await change(NodeOf(context), context.RequestAborted), select, status);
        }
    }

    /// <summary>Null: the problem is answered already. An empty body stands for one without fields.</summary>
    private async Task<T?> ReadAsync<T>(HttpContext context)
        where T : class, IMessage<T>, new()
    {
        using RequestBody? body = await rest.ReadJsonAsync(context);
        if (body is null)
        {
            return null;
        }

        try
        {
            return body.Span.IsEmpty ? new T() : MessageJson.Read<T>(body.Span.ToArray());
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, which is no text.
            await Problem.WriteAsync(context, ErrorCode.MalformedRequest, malformed.Message);
            return null;
        }
    }

    private static Task AnswerAsync<T>(HttpContext context, Result<T> result)
        where T : IMessage => AnswerAsync(context, result, static answer => answer);

    private static Task AnswerAsync<T>(HttpContext context, Result<T> result, Func<T, IMessage> select, int status = StatusCodes.Status200OK)
    {
        if (!result.TryGet(out T? answer, out Error error))
        {
            return Problem.WriteAsync(context, error);
        }

        context.Response.Headers.CacheControl = "no-store";
        return JsonReply.SendAsync(context, status, select(answer), static (json, in message) => MessageJson.Write(json, message));
    }

    private static string NodeOf(HttpContext context) => (string)context.Request.RouteValues["node"]!;
}
