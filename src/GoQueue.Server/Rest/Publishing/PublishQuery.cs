using GoQueue.Broker.Requests;
using GoQueue.Core;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>The one parameter of publishing: <c>?acks=none|leader|all</c>.</summary>
internal static class PublishQuery
{
    private static readonly string[] Known = ["acks"];

    public static bool TryRead(HttpRequest request, out Acks acks, out Error error)
    {
        acks = Acks.All;
        error = default;
        if (!request.QueryString.HasValue)
        {
            return true;
        }

        QueryReader query = new(request.Query, Known);
        if (!AcksNames.TryParse(query.Text("acks"), out acks))
        {
            query.Refuse("acks", "none, leader or all");
        }

        error = query.Error ?? default;
        return query.Error is null;
    }
}
