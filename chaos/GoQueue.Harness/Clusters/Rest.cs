using System.Net.Http.Json;
using System.Text.Json;

namespace GoQueue.Harness.Clusters;

/// <summary>One answer of a node over REST.</summary>
/// <param name="Status">0 when there was no answer.</param>
/// <param name="Body">Undefined when there was none or it was not JSON.</param>
internal sealed record RestAnswer(int Status, JsonElement Body)
{
    /// <summary>No connection came about: the node certainly heard nothing. Known of single attempts only.</summary>
    public bool IsUnsent { get; init; }

    public bool IsOk => Status is >= 200 and < 300;

    /// <summary>The stable code of a refusal; <c>NO_ANSWER</c> when there was none.</summary>
    public string Code => Status == 0 ? "NO_ANSWER" : Text("code") ?? $"HTTP_{Status}";

    public string? Text(string name) => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
        ? value.GetString()
        : null;

    public override string ToString() => Status == 0 ? "no answer" : $"{Status} {Body}";
}

/// <summary>Plain HTTP to any node. Failures to connect are answers, not exceptions: nodes are down on purpose here.</summary>
/// <param name="reusesConnections">False: every request is a <see cref="SingleAttempt"/>, and <see cref="RestAnswer.IsUnsent"/> can be known.</param>
internal sealed class Rest(bool reusesConnections) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public Task<RestAnswer> GetAsync(Node node, string path, CancellationToken cancellationToken) => SendAsync(node, HttpMethod.Get, path, null, Patience, cancellationToken);

    public Task<RestAnswer> PostAsync(Node node, string path, object body, CancellationToken cancellationToken) => SendAsync(node, HttpMethod.Post, path, body, Patience, cancellationToken);

    public async Task<RestAnswer> SendAsync(Node node, HttpMethod method, string path, object? body, TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        using SingleAttempt? attempt = reusesConnections ? null : new SingleAttempt(ConnectTimeout);
        try
        {
            using HttpRequestMessage request = new(method, new Uri(node.Ports.HttpAddress, path));
            request.Content = body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web);
            using HttpResponseMessage response = await (attempt is null ? http.SendAsync(request, limit.Token) : attempt.SendAsync(request, limit.Token));
            byte[] bytes = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return new RestAnswer((int)response.StatusCode, Parse(bytes));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new RestAnswer(0, default) { IsUnsent = attempt?.HasConnected == false };
        }
    }

    /// <summary>What the metrics of a node say of a family without labels; null when there was no answer, or nothing of that name in it.</summary>
    public async Task<double?> MetricAsync(Node node, string name, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            string text = await http.GetStringAsync(new Uri(node.Ports.MetricsAddress, "/metrics"), limit.Token);
            string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name + ' ', StringComparison.Ordinal) || line.StartsWith(name + '{', StringComparison.Ordinal));
            return line is null ? null : double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => http.Dispose();

    private static JsonElement Parse(byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
