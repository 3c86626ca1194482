using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Policy;
using Microsoft.Extensions.Logging;

namespace GoQueue.Broker;

/// <summary>Registration and the controller, ids 2040-2059.</summary>
internal static partial class Log
{
    [LoggerMessage(2040, LogLevel.Information, "Broker {Node} is registered with epoch {Epoch}; the last clean stop was under {Previous}")]
    public static partial void BrokerRegistered(ILogger logger, NodeId node, BrokerEpoch epoch, BrokerEpoch previous);

    [LoggerMessage(2041, LogLevel.Warning, "The registration of broker {Node} is refused, it is tried again: {Error}")]
    public static partial void RegistrationRefused(ILogger logger, NodeId node, Error error);

    [LoggerMessage(2042, LogLevel.Warning, "The registration of broker {Node} with epoch {Epoch} does not hold any more: {Error}")]
    public static partial void RegistrationLost(ILogger logger, NodeId node, BrokerEpoch epoch, Error error);

    [LoggerMessage(2043, LogLevel.Warning, "Broker {Node} stops without the controller's word after {Millis} ms; what it leads moves when the others notice")]
    public static partial void StopNotConfirmed(ILogger logger, NodeId node, long millis);

    [LoggerMessage(2044, LogLevel.Information, "Node {Node} is the controller of term {Term} from metadata version {Version} on")]
    public static partial void ControllerBegins(ILogger logger, NodeId node, long term, long version);

    [LoggerMessage(2045, LogLevel.Warning, "This controller stood still for {Millis} ms; every broker gets a fresh time-out")]
    public static partial void ControllerPaused(ILogger logger, long millis);

    [LoggerMessage(2046, LogLevel.Information, "Broker {Node} with epoch {Epoch}: {Change}")]
    public static partial void BrokerChanged(ILogger logger, NodeId node, BrokerChange change, BrokerEpoch epoch);

    [LoggerMessage(2047, LogLevel.Information, "Changed {Applied} of {Wanted} partitions")]
    public static partial void PartitionsChanged(ILogger logger, int applied, int wanted);

    [LoggerMessage(2048, LogLevel.Warning, "Unclean election ({Kind}): {Leader} leads partition {Partition} and may lack acknowledged records")]
    public static partial void UncleanElection(ILogger logger, TopicPartition partition, NodeId leader, ElectionKind kind);

    [LoggerMessage(2049, LogLevel.Information, "The proposal {Command} was refused: {Error}")]
    public static partial void ProposalRefused(ILogger logger, string command, Error error);

    [LoggerMessage(2050, LogLevel.Warning, "The proposal {Command} did not get through: {Error}")]
    public static partial void ProposalFailed(ILogger logger, string command, Error error);

    [LoggerMessage(2051, LogLevel.Information, "Quorum step {Step}: {Refusal}")]
    public static partial void QuorumStepped(ILogger logger, QuorumStep step, Error? refusal);

    [LoggerMessage(2052, LogLevel.Error, "The {Part} of the cluster membership ended with a failure")]
    public static partial void MembershipFailed(ILogger logger, Exception failure, string part);

    [LoggerMessage(2053, LogLevel.Warning, "The marker of the clean stop of broker {Node} could not be written; the next start counts as unclean")]
    public static partial void MarkerNotWritten(ILogger logger, Exception failure, NodeId node);

    [LoggerMessage(2054, LogLevel.Warning, "Broker {Node} reports that its log of partition {Partition} failed: {Outcome}")]
    public static partial void ReplicaFailed(ILogger logger, NodeId node, TopicPartition partition, string outcome);

    [LoggerMessage(2056, LogLevel.Information, "Partition {Partition} took a sealed segment whole, from {From} to {End}, {Bytes} bytes")]
    public static partial void SegmentAdopted(ILogger logger, TopicPartition partition, Offset from, Offset end, long bytes);

    [LoggerMessage(2057, LogLevel.Information, "A sealed segment of partition {Partition} did not come from {Leader}: {Error}; the leader is asked anew")]
    public static partial void ShipmentFailed(ILogger logger, TopicPartition partition, NodeId leader, Error error);

    [LoggerMessage(2058, LogLevel.Information, "Partition {Partition}, which could not be opened before, is open now")]
    public static partial void PartitionOpenedLater(ILogger logger, TopicPartition partition);

    [LoggerMessage(2059, LogLevel.Warning, "The replica of partition {Partition} was reassigned away while this node was down; its files are removed")]
    public static partial void StrayRemoved(ILogger logger, TopicPartition partition);

    [LoggerMessage(2066, LogLevel.Error, "Partition {Partition} cut offsets {First} to {End}, written before the unclean election of epoch {Epoch}: what of them was acknowledged is lost")]
    public static partial void LossFound(ILogger logger, TopicPartition partition, Offset first, Offset end, LeaderEpoch epoch);

    [LoggerMessage(2055, LogLevel.Information, "Controller {Node} stops and hands over to {Successor}: {Refusal}")]
    public static partial void ControllerHandedOver(ILogger logger, NodeId node, NodeId successor, Error? refusal);
}
