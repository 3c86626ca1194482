using GoQueue.Core;

namespace GoQueue.Broker.Requests;

/// <summary>How much data moving replicas still lack: their leaders know, wherever they are.</summary>
public interface ICatchUpRequests
{
    /// <summary>
    /// The same progress with what the leaders of the moving partitions say of the added replicas. A leader that does not answer within two seconds is left out: of
    /// its partitions nothing is known. Never fails otherwise.
    /// </summary>
    ValueTask<ReassignmentProgress> AskLeadersAsync(ReassignmentProgress progress, CancellationToken cancellationToken);
}

/// <summary>A replica that a reassignment brings in.</summary>
/// <param name="BytesLeft">What it still lacks, about.</param>
/// <param name="BytesPerSecond">What it took a second since it first asked its leader; 0 before anything came.</param>
public sealed record ArrivingReplica(NodeId Node, long BytesLeft, long BytesPerSecond);
