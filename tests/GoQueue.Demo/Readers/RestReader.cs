using System.Text;
using System.Text.Json;

namespace GoQueue.Demo.Readers;

/// <summary>Reads page by page over REST, as any script could.</summary>
internal sealed class RestReader(Uri address) : ITopicReader, IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = address };

    public string Name => "REST";

    public async Task<List<StoredMessage>> ReadAsync(string topic, int partition, CancellationToken cancellationToken)
    {
        List<StoredMessage> messages = [];
        long offset = 0;
        while (true)
        {
            Uri page = new($"/v1/topics/{topic}/partitions/{partition}/messages?offset={offset}&limit=1000&maxBytes=1048576", UriKind.Relative);
            using HttpResponseMessage response = await http.GetAsync(page, cancellationToken);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new DemoException($"GET {page} answered {(int)response.StatusCode}: {Encoding.UTF8.GetString(body)}");
            }

            using JsonDocument json = JsonDocument.Parse(body);
            messages.AddRange(json.RootElement.GetProperty("messages").EnumerateArray().Select(Read));
            long next = json.RootElement.GetProperty("nextOffset").GetInt64();
            if (next >= json.RootElement.GetProperty("highWatermark").GetInt64())
            {
                return messages;
            }

            offset = next > offset ? next : throw new DemoException($"GET {page} does not get on: nextOffset is {next}");
        }
    }

    public void Dispose() => http.Dispose();

    private static StoredMessage Read(JsonElement message) => new(
        message.GetProperty("partition").GetInt32(),
        message.GetProperty("offset").GetInt64(),
        Bytes(message, "key"),
        Bytes(message, "value"));

    private static byte[] Bytes(JsonElement message, string name) => message.TryGetProperty(name + "Base64", out JsonElement encoded) && encoded.ValueKind == JsonValueKind.String
        ? encoded.GetBytesFromBase64()
        : Encoding.UTF8.GetBytes(message.GetProperty(name).GetString() ?? "");
}
