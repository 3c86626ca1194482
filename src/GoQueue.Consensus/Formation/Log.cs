using GoQueue.Core;
using Microsoft.Extensions.Logging;

namespace GoQueue.Consensus.Formation;

/// <summary>Log messages of formation, ids 3080 to 3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3080, LogLevel.Information, "The cluster is not formed yet: {Problem}")]
    public static partial void StillForming(ILogger log, string problem);

    [LoggerMessage(3081, LogLevel.Debug, "Formation: {Stage} (proposal {Attempt} of node {Coordinator})")]
    public static partial void FormationStep(ILogger log, FormationStage stage, NodeId coordinator, long attempt);

    [LoggerMessage(3082, LogLevel.Information, "Cluster {ClusterId} is decided, this node's part in it: {Stage}; its first voters are {Voters}")]
    public static partial void Formed(ILogger log, string clusterId, FormationStage stage, string voters);

    [LoggerMessage(3083, LogLevel.Information, "Joined the cluster as a learner by way of node {Contact}")]
    public static partial void Joined(ILogger log, NodeId contact);

    [LoggerMessage(3084, LogLevel.Warning, "Node {Contact} does not take this node into the cluster yet: {Reason}")]
    public static partial void NotTakenIn(ILogger log, NodeId contact, string reason);

    [LoggerMessage(3085, LogLevel.Warning, "Node {Node} comes back with an empty disk: its old one ({Old}) is taken out of the cluster, the new one ({New}) joins")]
    public static partial void ReplacingDisk(ILogger log, NodeId node, Guid old, Guid @new);
}
