using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Server.Peers.Protocol;

namespace GoQueue.Server.Peers;

/// <summary>Log messages about other nodes, ids 1100 to 1199.</summary>
internal static partial class Log
{
    [LoggerMessage(1100, LogLevel.Information, "Link to {Peer} ({Host}:{Port}, incarnation {Incarnation}) is up")]
    public static partial void LinkUp(ILogger log, NodeId peer, string host, int port, Guid incarnation);

    [LoggerMessage(1101, LogLevel.Information, "Link to {Peer} ({Host}:{Port}) is down: {State}")]
    public static partial void LinkDown(ILogger log, NodeId peer, string host, int port, PeerLinkState state);

    [LoggerMessage(1102, LogLevel.Warning, "Node {Peer} at {Host}:{Port} does not take this node: {Reason}: {Detail}")]
    public static partial void RefusedByPeer(ILogger log, NodeId peer, string host, int port, RefusalReason reason, string detail);

    [LoggerMessage(1103, LogLevel.Warning, "A connection from {Remote} was not taken: {Reason}: {Detail}")]
    public static partial void RefusedConnection(ILogger log, string remote, RefusalReason reason, string detail);

    [LoggerMessage(1104, LogLevel.Warning, "A connection from {Remote} to the peer port was closed: {Detail}")]
    public static partial void StrangerClosed(ILogger log, string remote, string detail);

    [LoggerMessage(1105, LogLevel.Warning, "Peer {Peer} ({Remote}, channel {Channel}) broke the protocol and was cut off: {Problem}")]
    public static partial void ProtocolViolated(ILogger log, NodeId peer, string remote, PeerChannel channel, string problem);

    [LoggerMessage(1106, LogLevel.Error, "The connection with {Peer} on channel {Channel} failed here")]
    public static partial void ConnectionFailed(ILogger log, NodeId peer, PeerChannel channel, Exception failure);

    [LoggerMessage(1107, LogLevel.Error, "The handler of {Kind} from {Peer} failed")]
    public static partial void HandlerFailed(ILogger log, PeerMessageKind kind, NodeId peer, Exception failure);

    [LoggerMessage(1108, LogLevel.Warning, "A message of kind {Kind} with {Length} bytes to {Peer} was dropped: channel {Channel} allows {Most}")]
    public static partial void MessageTooLarge(ILogger log, PeerMessageKind kind, long length, NodeId peer, PeerChannel channel, int most);

    [LoggerMessage(1109, LogLevel.Debug, "No connection to {Peer} at {Host}:{Port}: {Problem}")]
    public static partial void DialFailed(ILogger log, NodeId peer, string host, int port, string problem);

    [LoggerMessage(1110, LogLevel.Error, "The peer listener failed and accepts nobody any more")]
    public static partial void ListenerFailed(ILogger log, Exception failure);

    [LoggerMessage(1111, LogLevel.Information, "Links to other nodes are made anew under cluster id {ClusterId}")]
    public static partial void ClusterSet(ILogger log, string clusterId);

    [LoggerMessage(1112, LogLevel.Error, "An observer of links failed")]
    public static partial void ObserverFailed(ILogger log, Exception failure);
}
