using GoQueue.Consensus;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Metadata;
using GoQueue.Metadata.Brokers;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Server.Formation;

/// <summary>
/// Keeps the transport's list of peers: every member of the quorum and every registered broker. Where a node is, says in this order: its registration, the
/// configured list, the quorum, the genesis.
/// </summary>
/// <param name="callers">Nodes of this cluster that have made a link to this one.</param>
internal sealed class PeerDirectory(
    IPeerTransport transport, IReadOnlyList<PeerAddress> configured, Genesis genesis, IMetadataLog metadata, IMetadataQuorum quorum, Func<IEnumerable<PeerAddress>> callers, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs until cancelled, or until the log is closed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<PeerAddress> last = [];
        try
        {
            while (true)
            {
                MetadataImage image = metadata.Image;
                QuorumStatus status = quorum.Status;
                IReadOnlyList<PeerAddress> now = List(image, status);
                if (!now.SequenceEqual(last))
                {
                    last = now;
                    transport.SetPeers(now);
                }

                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                Task imageChange = metadata.WaitForChangeAsync(image.Version, either.Token).AsTask();
                Task statusChange = quorum.WaitForStatusChangeAsync(status.Sequence, either.Token).AsTask();
                await Task.WhenAny(imageChange, statusChange);
                await either.CancelAsync();
                await Task.WhenAll(Ended(imageChange), Ended(statusChange));
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Delay(Pause, time, cancellationToken); // images may follow each other by the thousand in a second
                ObjectDisposedException.ThrowIf(imageChange.Exception?.InnerException is ObjectDisposedException, metadata);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The node stops.
        }
    }

    private IReadOnlyList<PeerAddress> List(MetadataImage image, QuorumStatus status)
    {
        SortedDictionary<NodeId, PeerAddress> known = [];
        // The genesis counts until the log says who is a member: who was removed since is not called any more.
        IEnumerable<QuorumMember> members = status.Members.Count > 0 ? status.Members.Select(member => member.Member) : genesis.Voters.Concat(genesis.Learners);
        foreach (QuorumMember member in members)
        {
            known[member.Node] = new PeerAddress(member.Node, member.Host, member.Port);
        }

        foreach (PeerAddress address in configured)
        {
            known[address.Node] = address;
        }

        foreach (BrokerImage broker in image.Brokers.Where(broker => broker.Endpoints.Peer.Port > 0))
        {
            known[broker.Node] = new PeerAddress(broker.Node, broker.Endpoints.Peer.Host, broker.Endpoints.Peer.Port);
        }

        if (image.Version == 0)
        {
            // A node that joins with an empty log knows members of long ago. Who leads now may be none of them, and sends nothing more than the first message until that is
            // answered, which takes a link to it.
            foreach (PeerAddress caller in callers())
            {
                known.TryAdd(caller.Node, caller);
            }
        }

        return [.. known.Values];
    }

    private static async Task Ended(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
