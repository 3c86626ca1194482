using System.Net.Sockets;

namespace GoQueue.Harness.Clusters;

/// <summary>
/// One request on one connection of its own. The runtime sends a request a second time when the other end closes the connection without an answer; then one attempt would be
/// two, and a refused second one would look as if nothing had been sent. Here a second connection is refused.
/// </summary>
internal sealed class SingleAttempt : IDisposable
{
    private readonly HttpMessageInvoker invoker;

    public SingleAttempt(TimeSpan connectTimeout)
    {
        invoker = new HttpMessageInvoker(new SocketsHttpHandler { ConnectTimeout = connectTimeout, ConnectCallback = ConnectAsync });
    }

    /// <summary>A connection came about: something may have been sent.</summary>
    public bool HasConnected { get; private set; }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => invoker.SendAsync(request, cancellationToken);

    public void Dispose() => invoker.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (HasConnected)
        {
            throw new IOException("the connection ended without an answer");
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            HasConnected = true;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
