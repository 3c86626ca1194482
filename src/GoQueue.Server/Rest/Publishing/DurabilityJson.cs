using System.Text.Json;
using GoQueue.Broker.Requests;

namespace GoQueue.Server.Rest.Publishing;

/// <summary>What an answer promises: <c>"durability":{"acks","replicas","flushed"}</c>.</summary>
internal static class DurabilityJson
{
    public static void Write(Utf8JsonWriter json, Acks acks, int replicas, bool flushed)
    {
        json.WriteStartObject("durability"u8);
        json.WriteString("acks"u8, AcksNames.Of(acks));
        json.WriteNumber("replicas"u8, replicas);
        json.WriteBoolean("flushed"u8, flushed);
        json.WriteEndObject();
    }
}
