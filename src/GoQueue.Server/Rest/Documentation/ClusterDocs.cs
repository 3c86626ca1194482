using V1 = GoQueue.Contracts.V1;

namespace GoQueue.Server.Rest.Documentation;

/// <summary>The description of everything below <c>/v1/admin</c>.</summary>
internal static class ClusterDocs
{
    private const string Tag = "Cluster";

    private const string ProgressExample = """
        {"total":12,"done":5,"bytesPerSecond":52428800,"bytesLeft":1073741824,"secondsLeft":22,
         "moving":[{"topic":"orders","partition":0,"target":["n1","n2","n4"],"adding":["n4"],"removing":["n3"],"caughtUp":[],
                    "arriving":[{"node":"n4","bytesLeft":1073741824,"bytesPerSecond":49807360}]}]}
        """;

    private const string PartitionExample = """
        {"topic":"orders","partition":0,"leader":"n1","leaderEpoch":3,"partitionEpoch":9,"replicas":["n1","n2","n3"],"inSync":["n1","n2"],
         "eligibleLeaders":[],"adding":[],"removing":[],"minInSync":2,"underReplicated":true,"underMinInSync":false,"lastKnownLeader":null}
        """;

    public static readonly EndpointDoc Cluster = new(
        "The cluster",
        "Its id, its controller, its metadata quorum with the progress of each member (known to the leader only), and how much there is.",
        Tag,
        [
            new(200, typeof(V1.GetClusterResponse), """
                {"clusterId":"shop","node":"n1","controller":"n1","metadataVersion":120,"brokers":3,"topics":4,"partitions":12,
                 "quorum":{"term":2,"leader":"n1","commitIndex":120,"appliedIndex":120,
                           "members":[{"node":"n1","incarnation":"0af7651916cd43dd8448eb211c80319c","endpoint":"10.0.0.1:7000","role":"voter","matchIndex":120,"lastContactMs":0,"caughtUp":true}]}}
                """),
            Fails(503),
        ]);

    public static readonly EndpointDoc Quorum = new(
        "The metadata quorum", "Term, leader, what is decided and applied, and the members; the part of the cluster's answer.", Tag, [new(200, typeof(V1.Quorum)), Fails(503)]);

    public static readonly EndpointDoc Health = new(
        "Health of the cluster",
        "What is wrong, counted and in sentences that say what to do. Always 200; healthy tells.",
        Tag,
        [
            new(200, typeof(V1.GetClusterHealthResponse), """
                {"healthy":false,"hasController":true,"fencedBrokers":["n3"],"offlinePartitions":0,"underMinInSyncPartitions":0,"underReplicatedPartitions":4,
                 "notPreferredPartitions":2,"reassigningPartitions":0,"uncleanEvents":0,"problems":["node n3 is not heard of: start it, or drain and remove it if it will not come back"]}
                """),
            Fails(503),
        ]);

    public static readonly EndpointDoc Brokers = new(
        "Brokers",
        "Every registered node, with what it keeps and leads.",
        Tag,
        [
            new(200, typeof(V1.ListBrokersResponse), """
                {"brokers":[{"node":"n1","state":"online","draining":false,"controller":true,"quorumRole":"voter","replicas":12,"leaders":4,"rack":null,
                             "peerEndpoint":"10.0.0.1:7000","httpEndpoint":"10.0.0.1:8080","grpcEndpoint":"10.0.0.1:9000","incarnation":"0af7651916cd43dd8448eb211c80319c","brokerEpoch":3}]}
                """),
            Fails(503),
        ]);

    public static readonly EndpointDoc Partitions = new(
        "Partitions of the cluster",
        "By topic name and number, those that fit all conditions, a page at a time.",
        Tag,
        [new(200, typeof(V1.ListPartitionsResponse), $$"""{"partitions":[{{PartitionExample}}],"nextPageToken":"","total":1}"""), Fails(400), Fails(404), Fails(503)])
    {
        Parameters =
        [
            new("topic", "string", "Only this topic.", "orders"),
            new("node", "string", "Only those with a replica on this node.", "n1"),
            new("offline", "string", "true: only those that nobody leads.", "false"),
            new("underReplicated", "string", "true: only those with fewer replicas in sync than there should be.", "true"),
            new("underMinInSync", "string", "true: only those that refuse acks=all.", "false"),
            new("reassigning", "string", "true: only those that move.", "false"),
            new("pageSize", "integer", "Partitions at most, up to 10000. Default 1000.", "100"),
            new("pageToken", "string", "nextPageToken of the page before.", "orders:99"),
        ],
    };

    public static readonly EndpointDoc Events = new(
        "Events", "The newest choices that may have cost acknowledged messages, oldest first; at most 1000.", Tag, [new(200, typeof(V1.ListEventsResponse)), Fails(503)]);

    public static readonly EndpointDoc Plan = new(
        "Plan a reassignment",
        "What would be moved to even out the cluster, or these topics. Changes nothing; the answer can be sent to POST /v1/admin/reassignments as it is.",
        Tag,
        [new(200, typeof(V1.PlanReassignmentResponse), """{"moves":[{"topic":"orders","partition":0,"from":["n1","n2","n3"],"to":["n1","n2","n4"]}]}"""), Fails(400), Fails(404), Fails(503)])
    {
        Body = new Takes(typeof(V1.PlanReassignmentRequest), """{"topics":[]}"""),
    };

    public static readonly EndpointDoc StartReassignment = new(
        "Begin a reassignment",
        "Moves replicas to where they are wanted; without moves, as a plan made now for the topics says. Answers when it is decided; GET tells how far it is.",
        Tag,
        [new(202, typeof(V1.Reassignment), ProgressExample), Fails(400), Fails(404), Fails(412), Fails(503)])
    {
        Body = new Takes(typeof(V1.StartReassignmentRequest), """{"moves":[{"topic":"orders","partition":0,"to":["n1","n2","n4"]}],"bytesPerSecond":52428800}"""),
    };

    public static readonly EndpointDoc GetReassignment = new("Progress of the reassignment", "How far the moves are. bytesLeft and secondsLeft are estimates of the leaders, asked now; null while one does not answer or nothing has arrived.", Tag, [new(200, typeof(V1.Reassignment), ProgressExample), Fails(503)]);

    public static readonly EndpointDoc AlterReassignment = new(
        "Bound the reassignment", "Bytes a second for each broker, in and out; 0 for none.", Tag, [new(200, typeof(V1.Reassignment), ProgressExample), Fails(400), Fails(503)])
    {
        Body = new Takes(typeof(V1.AlterReassignmentRequest), """{"bytesPerSecond":104857600}"""),
    };

    public static readonly EndpointDoc CancelReassignment = new(
        "Cancel the reassignment", "Turns back every move that is under way, or those of one topic.", Tag, [new(200, typeof(V1.Reassignment), ProgressExample), Fails(404), Fails(503)])
    {
        Parameters = [new("topic", "string", "Only the moves of this topic.", "orders")],
    };

    public static readonly EndpointDoc TransferLeader = new(
        "Transfer a leadership",
        "Makes a replica the leader, the preferred one when none is named. A replica that is not in sync only when forced, which may cost acknowledged messages and is recorded.",
        Tag,
        [new(200, typeof(V1.PartitionStatus), PartitionExample), Fails(400), Fails(404), Fails(412), Fails(503)])
    {
        Body = new Takes(typeof(V1.TransferLeaderRequest), """{"topic":"orders","partition":0,"to":"n2"}"""),
    };

    public static readonly EndpointDoc BalanceLeaders = new(
        "Balance leaderships", "Gives every leadership that it can back to the preferred replica.", Tag, [new(200, typeof(V1.BalanceLeadersResponse), """{"changed":3}"""), Fails(503)])
    {
        Body = new Takes(typeof(V1.BalanceLeadersRequest), "{}"),
    };

    public static readonly EndpointDoc TransferController = new(
        "Transfer the controller",
        "Makes a voter the leader of the metadata quorum.",
        Tag,
        [new(200, typeof(V1.TransferControllerResponse), """{"controller":"n2"}"""), Fails(400), Fails(404), Fails(503), Fails(504)])
    {
        Body = new Takes(typeof(V1.TransferControllerRequest), """{"node":"n2"}"""),
    };

    public static readonly EndpointDoc Drain = new(
        "Drain a node",
        "Empties it: nothing new, no leaderships, and its replicas move to others; also a node that is gone. Refused when the others are too few.",
        Tag,
        [new(202, typeof(V1.Reassignment), ProgressExample), Fails(400), Fails(404), Fails(503)])
    {
        Body = new Takes(typeof(V1.BalanceLeadersRequest), "{}"),
    };

    public static readonly EndpointDoc Undrain = new(
        "End the draining of a node", "It takes replicas again; what moved away stays away until it is planned back.", Tag, [new(200, typeof(V1.UndrainBrokerResponse), "{}"), Fails(404), Fails(503)])
    {
        Body = new Takes(typeof(V1.BalanceLeadersRequest), "{}"),
    };

    public static readonly EndpointDoc Promote = new(
        "Let a node vote", "Makes a learner of the metadata quorum a voter now; the controller does so by itself up to five.", Tag, [new(200, typeof(V1.PromoteBrokerResponse), "{}"), Fails(404), Fails(412), Fails(503)])
    {
        Body = new Takes(typeof(V1.BalanceLeadersRequest), "{}"),
    };

    public static readonly EndpointDoc Remove = new(
        "Remove a node", "Forgets it for good, as a member of the quorum and as a broker. Drain it and stop it before.", Tag, [new(204, null), Fails(404), Fails(412), Fails(503)]);

    private static Returns Fails(int status) => new(status, typeof(ProblemAnswer));
}
