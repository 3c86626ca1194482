using System.Collections.Concurrent;
using GoQueue.Core;
using Google.Protobuf;

namespace GoQueue.Client.Transport;

/// <summary>
/// Calls with one answer, at any node: nodes pass on what another one leads. One that cannot be reached, or is stopping, is left for the next one,
/// as long as that cannot do a thing twice.
/// </summary>
internal sealed class ClusterCaller(GoQueueClientOptions options, ClusterNodes nodes) : IDisposable
{
    private readonly ConcurrentDictionary<Uri, GrpcChannel> channels = new();

    public ClusterNodes Nodes => nodes;

    /// <param name="method">Name of the method.</param>
    /// <param name="request">The request.</param>
    /// <param name="parser">Of the answer.</param>
    /// <param name="isRepeatable">It may reach two nodes without harm; else it goes to another one only if it certainly reached none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="GoQueueException">The call was refused, timed out or did not get through anywhere.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, bool isRepeatable, CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse>
    {
        for (int tries = 1; ; tries++)
        {
            Uri address = nodes.Any;
            try
            {
                return await ChannelTo(address).CallAsync(method, request, parser, cancellationToken).ConfigureAwait(false);
            }
            catch (GoQueueException failure) when (failure.Code is ErrorCode.Unreachable or ErrorCode.ShuttingDown or ErrorCode.Timeout)
            {
                nodes.Failed(address);
                bool isHarmless = isRepeatable ? failure.Code != ErrorCode.Timeout : failure.Code == ErrorCode.ShuttingDown || GrpcChannel.NeverConnected(failure);
                if (!isHarmless || tries >= nodes.Count)
                {
                    throw;
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (GrpcChannel channel in channels.Values)
        {
            channel.Dispose();
        }
    }

    private GrpcChannel ChannelTo(Uri address) => channels.GetOrAdd(address, static (at, options) => new GrpcChannel(options, at), options);
}
