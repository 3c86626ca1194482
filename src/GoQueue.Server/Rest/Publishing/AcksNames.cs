using GoQueue.Broker.Requests;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>The acknowledgements as the query names them.</summary>
internal static class AcksNames
{
    public static string Of(Acks acks) => acks switch
    {
        Acks.None => "none",
        Acks.Leader => "leader",
        _ => "all",
    };

    public static bool TryParse(string? name, out Acks acks)
    {
        acks = name switch
        {
            "none" => Acks.None,
            "leader" => Acks.Leader,
            _ => Acks.All,
        };
        return name is null or "none" or "leader" or "all";
    }
}
