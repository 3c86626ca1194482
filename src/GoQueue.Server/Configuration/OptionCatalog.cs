using System.Net;
using GoQueue.Metadata.Cluster;
using GoQueue.Server.Observability;

namespace GoQueue.Server.Configuration;

/// <summary>
/// Every option of the server, in the order in which they are documented and printed. To add one: declare it here, list it in
/// <see cref="All"/>, put it into its options record and bind it in <see cref="ServerOptions.Bind"/>; a test checks the reference page.
/// </summary>
internal static class OptionCatalog
{
    public static readonly Option<string> Data = OptionKinds.Text("data", "goqueue-data", "a directory path", static text => text.Trim().Length > 0,
        "Data directory; made when missing, readable by its owner only. A relative path starts at the working directory.");

    public static readonly Option<string> NodeId = OptionKinds.Text("node-id", "node-1", "1 to 64 of A-Z a-z 0-9 . _ -", IsNodeId,
        "Name of this node in its cluster. Written into the data directory at the first start, which then belongs to that node.");

    public static readonly Option<IPAddress> Bind = OptionKinds.Address("bind", "127.0.0.1",
        "Address of all listeners. Anything but loopback needs insecure-public, because there is no authentication yet.");

    public static readonly Option<int> HttpPort = OptionKinds.Port("http-port", 8080, "REST, health and documentation; HTTP/1.1 without TLS.");

    public static readonly Option<int> GrpcPort = OptionKinds.Port("grpc-port", 9000, "gRPC; HTTP/2 without TLS.");

    public static readonly Option<int> MetricsPort = OptionKinds.Port("metrics-port", 9090, "Metrics, on a listener of their own so that they can be kept inside.");

    public static readonly Option<int> PeerPort = OptionKinds.Port("peer-port", 7000, "Port for other nodes. Also open on a single node, so that others can join it later.");

    public static readonly Option<string> Peers = OptionKinds.Text("peers", ClusterTexts.None, "none, or n1=host:port,n2=host:port,... with every node once, this one too",
        static text => ClusterTexts.TryPeers(text, out _),
        "The nodes that form the cluster, with their peer ports. All must have the same list; the cluster forms when all of them are there. Later it only helps to find them.");

    public static readonly Option<string> SeedDns = OptionKinds.Text("seed-dns", ClusterTexts.None, "none, or name:port",
        static text => ClusterTexts.IsNone(text) || ClusterTexts.TryEndpoint(text, needsPort: true, out _),
        "Instead of peers: a DNS name under which the nodes are found, by SRV records (which have ports of their own) or by addresses with this port. Resolved until the cluster is formed.");

    public static readonly Option<string> SeedDnsServer = OptionKinds.Text("seed-dns-server", ClusterTexts.None, "none, or address:port",
        static text => ClusterTexts.IsNone(text) || ClusterTexts.AddressOrNone(text) is not null,
        "With seed-dns: the name server that is asked, over UDP, for everything (one of Consul, for example). Without it the operating system and its name servers are.");

    public static readonly Option<int> ExpectedNodes = OptionKinds.Number("expected-nodes", 3, 1, 100, "nodes",
        "With seed-dns: the cluster forms when so many are there. More than half of the nodes that may show up before that, else two clusters could form.");

    public static readonly Option<string> ClusterId = OptionKinds.Text("cluster-id", ClusterTexts.None, "none, or 1 to 64 of A-Z a-z 0-9 . _ -",
        static text => ClusterTexts.IsNone(text) || ClusterName.Validate(text, "cluster id") is null,
        "Keeps nodes of different clusters apart from the first start on. Without it one is drawn when the cluster forms.");

    public static readonly Option<string> Rack = OptionKinds.Text("rack", ClusterTexts.None, "none, or 1 to 64 of A-Z a-z 0-9 . _ -",
        static text => ClusterTexts.IsNone(text) || ClusterName.Validate(text, "rack") is null,
        "Where the node stands: replicas of a partition are placed in different racks as far as possible, and readers may name theirs.");

    public static readonly Option<bool> InsecurePublic = OptionKinds.Switch("insecure-public",
        "Allows a bind address that is not loopback although nobody is asked who they are. Only behind something that does ask.");

    public static readonly Option<LogFormat> LogFormat = OptionKinds.Choice("log-format", Observability.LogFormat.Text,
        "Log lines on standard error: text for people, json (one object a line) for machines.");

    public static readonly Option<LogLevel> LogLevel = OptionKinds.Choice("log-level", Microsoft.Extensions.Logging.LogLevel.Information,
        "Least important level that is logged. Debug logs every batch, trace every record: both slow the node down.");

    public static readonly Option<TimeSpan> ShutdownTimeout = OptionKinds.Duration("shutdown-timeout", "30s", "1s", "10m",
        "How long requests under way may take to finish after SIGTERM or SIGINT; then they are cut. 30 s is what orchestrators grant by default.");

    public static readonly Option<int> HttpMaxConnections = OptionKinds.Number("http.max-connections", 10_000, 1, 1_000_000, "connections",
        "Open connections of all listeners together; more are closed at once. An idle one costs about 10 KiB.");

    public static readonly Option<TimeSpan> HttpHeaderTimeout = OptionKinds.Duration("http.header-timeout", "15s", "1s", "5m",
        "From the first byte of a request to the end of its headers. Also from a connect to the gRPC listener to the HTTP/2 preface. Short values hurt slow links, long ones keep half-open requests around.");

    public static readonly Option<TimeSpan> HttpIdleTimeout = OptionKinds.Duration("http.idle-timeout", "130s", "1s", "1h",
        "An idle kept-alive connection is closed after this. 130 s outlives the usual 120 s of load balancers, who should close first.");

    public static readonly Option<TimeSpan> HttpWriteTimeout = OptionKinds.Duration("http.write-timeout", "60s", "2s", "10m",
        "How long a caller may refuse to take bytes of an answer before its connection is cut. Meanwhile it holds what was read for it, up to 16 MiB.");

    public static readonly Option<long> HttpMaxHeaders = OptionKinds.Bytes("http.max-header-bytes", "32KiB", "4KiB", "1MiB",
        "All request headers together; more answers 431. 32 KiB is the web server's own default.");

    public static readonly Option<long> HttpMaxBody = OptionKinds.Bytes("http.max-body-bytes", "16MiB", "64KiB", "256MiB",
        "Largest request body; more answers 413 before it is read. Must hold a message of the largest topic in JSON, which may be several times longer.");

    public static readonly Option<long> HttpBodyMemory = OptionKinds.Bytes("http.body-memory", "128MiB", "1MiB", "64GiB",
        "All request bodies held at one time; beyond it publishing answers 429 (OVERLOADED). At least http.max-body-bytes.");

    public static readonly Option<int> HttpMaxBatch = OptionKinds.Number("http.max-batch-messages", 10_000, 1, 1_000_000, "messages",
        "Messages in one batch request.");

    public static readonly Option<int> HttpMaxPolls = OptionKinds.Number("http.max-long-polls", 4_096, 1, 1_000_000, "requests",
        "Reads that wait for messages at one time; one more is answered without waiting.");

    public static readonly Option<long> GrpcMaxMessage = OptionKinds.Bytes("grpc.max-message-bytes", "4MiB", "64KiB", "65MiB",
        "Largest message from a client, inflated. 4 MiB is what gRPC clients expect; topics with larger batches need more.");

    public static readonly Option<long> GrpcMaxMetadata = OptionKinds.Bytes("grpc.max-metadata-bytes", "16KiB", "4KiB", "1MiB",
        "Request metadata of one call, names and values plus 32 bytes each.");

    public static readonly Option<TimeSpan> GrpcMessageTimeout = OptionKinds.Duration("grpc.message-timeout", "30s", "1s", "10m",
        "How long a message that has begun may take to arrive whole.");

    public static readonly Option<TimeSpan> GrpcWriteTimeout = OptionKinds.Duration("grpc.write-timeout", "2m", "1s", "1h",
        "How long a reader may refuse to take bytes before its call is reset. Long values suit consumers that pause.");

    public static readonly Option<long> GrpcInFlightBytes = OptionKinds.Bytes("grpc.stream-in-flight-bytes", "16MiB", "64KiB", "1GiB",
        "Unanswered batches of one publish stream; reading stops at the bound.");

    public static readonly Option<int> GrpcInFlightBatches = OptionKinds.Number("grpc.stream-in-flight-batches", 4096, 1, 1_000_000, "batches",
        "The same, counted in batches.");

    public static readonly Option<int> GrpcMaxCalls = OptionKinds.Number("grpc.max-calls-per-connection", 1000, 1, 100_000, "calls",
        "Calls at one time on one HTTP/2 connection. 1000, because open streams soon use up the web server's own 100.");

    public static readonly Option<long> GrpcCallWindow = OptionKinds.Bytes("grpc.call-window", "4MiB", "64KiB", "16MiB",
        "What a client may send ahead on one call. 4 MiB was the fastest measured; larger costs memory for each call.");

    public static readonly Option<long> GrpcConnectionWindow = OptionKinds.Bytes("grpc.connection-window", "8MiB", "64KiB", "64MiB",
        "What a client may send ahead on one connection. At least grpc.call-window to be of use.");

    public static readonly Option<int> TopicsDefaultPartitions = OptionKinds.Number("topics.default-partitions", 3, 1, 10_000, "partitions",
        "Partitions of a topic created without a number. 3, as the examples of the field have it.");

    public static readonly Option<long> StoragePendingBytes = OptionKinds.Bytes("storage.pending-bytes", "32MiB", "1MiB", "4GiB",
        "Batches that may wait for one partition; more is refused as OVERLOADED. 32 MiB is about 100 ms of a fast disk.");

    public static readonly Option<int> StoragePendingBatches = OptionKinds.Number("storage.pending-batches", 20_000, 1, 10_000_000, "batches",
        "The same, counted in batches.");

    public static readonly Option<long> StorageGroupBytes = OptionKinds.Bytes("storage.group-bytes", "8MiB", "64KiB", "256MiB",
        "Written and flushed as one group. Larger groups flush more efficiently and wait longer.");

    public static readonly Option<long> StorageTailCache = OptionKinds.Bytes("storage.tail-cache", "8MiB", "0", "4GiB",
        "Newest batches kept in memory for readers, for each partition; 0 reads everything from the disk.");

    public static readonly Option<int> StorageCommitterThreads = OptionKinds.Number("storage.committer-threads", 0, 0, 64, "threads",
        "Threads that write and flush partitions; 0 means one for each processor, two at least. As many flushes overlap.");

    public static readonly Option<int> StorageReaderThreads = OptionKinds.Number("storage.reader-threads", 0, 0, 64, "threads",
        "Threads that read old data from the disk, apart from the committers; 0 as above.");

    public static readonly Option<TimeSpan> ProducersIdle = OptionKinds.Duration("producers.idle", "1d", "1m", "365d",
        "Idempotent producers silent for this long are forgotten. Must outlive every client's retries; one day, as in Kafka.");

    public static readonly Option<TimeSpan> MaintenanceInterval = OptionKinds.Duration("maintenance.interval", "30s", "1s", "1d",
        "Pause between rounds of retention and compaction. Short rounds free space sooner and look at every partition more often.");

    public static readonly Option<long> MaintenanceCompactionRate = OptionKinds.Bytes("maintenance.compaction-rate", "32MiB", "64KiB", "64GiB",
        "Bytes a second that compaction may read and write together, so that it does not take the disk from publishing.");

    public static readonly Option<long> MaintenanceScrubRate = OptionKinds.Bytes("maintenance.scrub-rate", "8MiB", "0", "64GiB",
        "Bytes a second of old data that are read from the disk and verified although nobody asks for them, over all partitions of the node, so that damage is found while other replicas are sound; 0 turns it off.");

    public static readonly Option<TimeSpan> MaintenanceScrubInterval = OptionKinds.Duration("maintenance.scrub-interval", "7d", "1s", "365d",
        "How often each segment is verified so, the one that is being written as far as it is flushed. One found at a start is due at once.");

    public static readonly Option<TimeSpan> ReplicationMaxLag = OptionKinds.Duration("replication.max-lag", "10s", "1s", "10m",
        "A replica that was not level with its leader for this long leaves the in-sync set, so that publishing goes on without it. Short values throw out replicas that only pause; long ones hold up acks=all meanwhile.");

    public static readonly Option<int> ReplicationShipBehind = OptionKinds.Number("replication.ship-behind-segments", 2, 0, 1_000_000, "segments",
        "As a leader: a replica with more than so many sealed segments to come takes them as whole files instead of batch by batch; 0 turns that off.");

    public static readonly Option<int> ReplicationMaxShipments = OptionKinds.Number("replication.max-shipments", 2, 1, 32, "segments",
        "Sealed segments this node takes at one time when it is far behind. Each holds up to 4 MiB in memory; more of them fill a fast disk and a fast network.");

    public static readonly Option<TimeSpan> ReplicationStrayDelay = OptionKinds.Duration("replication.stray-delay", "1m", "1s", "365d",
        "How long files of a replica are kept that was moved elsewhere while this node was down, once that is certain. Time to look; nothing reads them.");

    public static readonly Option<int> ForwardingMaxRequests = OptionKinds.Number("forwarding.max-requests", 512, 1, 512, "requests",
        "Requests that wait for another node at one time; one more is refused as OVERLOADED. At most half of what one connection between nodes carries, so that replication always has room.");

    public static readonly Option<long> ForwardingMaxBytes = OptionKinds.Bytes("forwarding.max-bytes", "64MiB", "1MiB", "4GiB",
        "Batches on their way to other nodes, and as much again that others sent here; more is refused as OVERLOADED.");

    public static readonly Option<TimeSpan> ForwardingTimeout = OptionKinds.Duration("forwarding.timeout", "30s", "1s", "5m",
        "How long the other node may take, beyond the wait of a read. A publish without an answer by then answers OUTCOME_UNKNOWN.");

    public static readonly Option<TimeSpan> ForwardingLeaderWait = OptionKinds.Duration("forwarding.leader-wait", "5s", "0ms", "1m",
        "How long a request that was certainly not handled waits for a leader that takes it. Longer than an election; 0 answers NOT_LEADER at once.");

    public static readonly Option<string> AdvertisePeer = Advertised("advertise.peer", "other nodes reach this one; in a static list the list says it");

    public static readonly Option<string> AdvertiseHttp = Advertised("advertise.http", "REST clients reach this node");

    public static readonly Option<string> AdvertiseGrpc = Advertised("advertise.grpc", "gRPC clients reach this node");

    public static readonly Option<string> PeerTlsCertificate = File("peer-tls.certificate", "The node's certificate for the peer port, intermediates after it. With it all connections between nodes use TLS, both sides with certificates.");

    public static readonly Option<string> PeerTlsKey = File("peer-tls.key", "Its private key, not encrypted.");

    public static readonly Option<string> PeerTlsAuthority = File("peer-tls.ca", "The cluster's own authority: whoever it certifies is a node of the cluster.");

    public static IReadOnlyList<Option> All { get; } =
    [
        Data, NodeId, Bind, HttpPort, GrpcPort, MetricsPort, PeerPort, Peers, SeedDns, SeedDnsServer, ExpectedNodes, ClusterId, Rack, InsecurePublic, LogFormat, LogLevel, ShutdownTimeout,
        HttpMaxConnections, HttpHeaderTimeout, HttpIdleTimeout, HttpWriteTimeout, HttpMaxHeaders, HttpMaxBody, HttpBodyMemory, HttpMaxBatch, HttpMaxPolls,
        GrpcMaxMessage, GrpcMaxMetadata, GrpcMessageTimeout, GrpcWriteTimeout, GrpcInFlightBytes, GrpcInFlightBatches, GrpcMaxCalls, GrpcCallWindow,
        GrpcConnectionWindow, TopicsDefaultPartitions, StoragePendingBytes, StoragePendingBatches, StorageGroupBytes, StorageTailCache,
        StorageCommitterThreads, StorageReaderThreads, ProducersIdle, MaintenanceInterval, MaintenanceCompactionRate, MaintenanceScrubRate, MaintenanceScrubInterval,
        ReplicationMaxLag, ReplicationShipBehind, ReplicationMaxShipments, ReplicationStrayDelay,
        ForwardingMaxRequests, ForwardingMaxBytes, ForwardingTimeout, ForwardingLeaderWait,
        AdvertisePeer, AdvertiseHttp, AdvertiseGrpc, PeerTlsCertificate, PeerTlsKey, PeerTlsAuthority,
    ];

    public static Option? Find(string key) => All.FirstOrDefault(option => option.Key == key);

    private static Option<string> Advertised(string key, string who) => OptionKinds.Text(key, ClusterTexts.None, "none, or host, or host:port",
        static text => ClusterTexts.IsNone(text) || ClusterTexts.TryEndpoint(text, needsPort: false, out _),
        $"Under which {who}. Without it the address that is listened on, or the machine's name when that is every address.");

    private static Option<string> File(string key, string summary) =>
        OptionKinds.Text(key, ClusterTexts.None, "none, or the path of a PEM file; all three of peer-tls or none", static text => text.Length < 4096, summary);

    private static bool IsNodeId(string text) =>
        text.Length is > 0 and <= 64 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') && text is not ("." or "..");
}
