namespace GoQueue.Core.Peers;

/// <summary>Every kind of message between nodes. Numbers are part of the peer protocol and never change meaning. Layouts: docs/internals.</summary>
public enum PeerMessageKind : ushort
{
    None = 0,

    // The metadata quorum: 1-99.
    Raft = 1,
    RaftSnapshot = 2,
    Propose = 3,
    ReadIndex = 4,
    QuorumAdmin = 5,

    // Forming a cluster: 100-109.
    FormationView = 100,
    FormationGenesis = 101,

    // Brokers and their controller: 110-199.
    BrokerHeartbeat = 110,
    ControllerRequest = 111,

    // Partition replication: 200-299.
    ReplicaFetch = 200,
    SegmentFetch = 201,
    CatchUp = 202,

    // Requests of clients passed on to the right node: 300-399.
    ForwardedPublish = 300,
    ForwardedFetch = 301,
    ForwardedHttp = 302,
}
