using System.Net;
using System.Text;
using System.Text.Json;

namespace GoQueue.Server.Hosting;

/// <summary>What the listeners are really bound to. The peer port opens with the broker.</summary>
internal sealed record ServerAddresses(IPEndPoint Http, IPEndPoint Grpc, IPEndPoint Metrics, IPEndPoint? Peer)
{
    /// <summary>The one line that tells whoever started the process where to find it.</summary>
    public string ToReadyLine()
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            json.WriteString("event"u8, "ready"u8);
            json.WriteString("http"u8, Http.ToString());
            json.WriteString("grpc"u8, Grpc.ToString());
            json.WriteString("metrics"u8, Metrics.ToString());
            json.WriteString("peer"u8, Peer?.ToString());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
    }
}
