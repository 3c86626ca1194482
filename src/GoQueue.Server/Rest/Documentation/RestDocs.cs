using GoQueue.Server.Rest.Reading;
using GoQueue.Server.Rest.Topics;

namespace GoQueue.Server.Rest.Documentation;

/// <summary>The description of every REST endpoint, with the examples that the documentation page offers to try.</summary>
internal static class RestDocs
{
    private const string Topics = "Topics";
    private const string Publishing = "Publishing";
    private const string Reading = "Reading";

    private const string TopicExample = """
        {"name":"orders","id":"8d9f0b6c2f5e4f0c9a7f6f0f7c1d2e3a","version":7,"createdMs":1767225600000,
         "settings":{"retentionHours":168,"retentionMs":604800000,"retentionBytes":-1,"segmentBytes":67108864,"segmentMs":604800000,
                     "cleanupPolicy":"delete","maxMessageBytes":1048576,"flushMode":"flush","flushIntervalMs":1000,
                     "replicationFactor":3,"minInSyncReplicas":2,"uncleanLeaderElection":false},
         "partitions":[{"partition":0,"firstHash":0,"lastHash":4294967295,"leader":"n1","leaderEpoch":0,
                        "replicas":["n1","n2","n3"],"inSync":["n1","n2","n3"],"eligibleLeaders":[],"partitionEpoch":0}]}
        """;

    private const string PublishedExample = """
        {"topic":"orders","partition":2,"offset":41,"timestamp":1767225600000,"durability":{"acks":"all","replicas":1,"flushed":true}}
        """;

    private static readonly Parameter Acks = new(
        "acks", "string", "When to answer: all (every in-sync replica has it, the default), leader, or none (at once; nothing is promised).", "all");

    public static readonly EndpointDoc CreateTopic = new(
        "Create a topic", "Answers when the topic exists and takes messages.", Topics, [new(201, typeof(TopicAnswer), TopicExample), Fails(400), Fails(409)])
    {
        Body = new Takes(typeof(CreateTopicBody), """{"name":"orders","partitions":3,"settings":{"retentionHours":72,"cleanupPolicy":"delete"}}"""),
    };

    public static readonly EndpointDoc ListTopics = new(
        "List topics", "In ordinal order of their names.", Topics, [new(200, typeof(TopicListAnswer), $$"""{"topics":[{{TopicExample}}]}""")]);

    public static readonly EndpointDoc GetTopic = new(
        "Get a topic", "The ETag is its version.", Topics, [new(200, typeof(TopicAnswer), TopicExample), Fails(400), Fails(404)]);

    public static readonly EndpointDoc AlterTopic = new(
        "Change settings of a topic",
        "Takes effect at once; what is absent stays. With If-Match or expectedVersion only when nobody else has changed it since.",
        Topics,
        [new(200, typeof(TopicAnswer), TopicExample), Fails(400), Fails(404), Fails(412)])
    {
        Body = new Takes(typeof(AlterTopicBody), """{"settings":{"retentionHours":24},"expectedVersion":7}"""),
        Parameters = [new("If-Match", "string", "The version in quotes, as the ETag has it.", "\"7\"", IsHeader: true)],
    };

    public static readonly EndpointDoc AddPartitions = new(
        "Add partitions to a topic",
        "By halving the widest key ranges, while the topic is in use. Keys of a moved half go to another partition from then on: what was published of them before stays where it is.",
        Topics,
        [new(200, typeof(TopicAnswer), TopicExample), Fails(400), Fails(404), Fails(412), Fails(503)])
    {
        Body = new Takes(typeof(AddPartitionsBody), """{"total":6,"expectedVersion":7}"""),
        Parameters = [new("If-Match", "string", "The version in quotes, as the ETag has it.", "\"7\"", IsHeader: true)],
    };

    public static readonly EndpointDoc DeleteTopic = new(
        "Delete a topic", "With everything in it. Readers and writers are refused from then on.", Topics, [new(204, null), Fails(404)]);

    public static readonly EndpointDoc Publish = new(
        "Publish a message",
        "A JSON string value is stored as its UTF-8 bytes, any other JSON value as its compact text, null as a tombstone. A time-out leaves the outcome unknown.",
        Publishing,
        [new(200, typeof(PublishAnswer), PublishedExample), Fails(400), Fails(404), Fails(413), Fails(415), Fails(429), Fails(503), Fails(507)])
    {
        Body = new Takes(typeof(PublishBody), """{"key":"customer-17","value":{"item":"lamp","count":2},"headers":{"trace":"4711"},"priority":"normal"}"""),
        Parameters = [Acks],
    };

    public static readonly EndpointDoc Batch = new(
        "Publish many messages",
        "All or none are accepted as requests; then each is answered for itself, in order. 207 when some were stored and some not.",
        Publishing,
        [
            new(200, typeof(BatchAnswer), """{"topic":"orders","results":[{"partition":2,"offset":41,"timestamp":1767225600000}],"failed":0,"durability":{"acks":"all","replicas":1,"flushed":true}}"""),
            new(207, typeof(BatchAnswer)), Fails(400), Fails(404), Fails(413), Fails(429), Fails(503), Fails(507),
        ])
    {
        Body = new Takes(typeof(BatchBody), """{"messages":[{"key":"customer-17","value":"first"},{"key":"customer-17","value":"second"}]}"""),
        Parameters = [Acks],
    };

    public static readonly EndpointDoc Messages = new(
        "Read messages",
        "One stretch of a partition in log order, from an offset or a time. Waits for the first message when asked to.",
        Reading,
        [
            new(200, typeof(MessagesAnswer), """{"messages":[{"partition":2,"offset":41,"timestamp":1767225600000,"key":"customer-17","value":"first","headers":{},"priority":"normal"}],"nextOffset":42,"lastEpoch":3,"highWatermark":42,"logStartOffset":0}"""),
            Fails(400), Fails(404), Fails(409), Fails(416), Fails(503),
        ])
    {
        Parameters =
        [
            new("offset", "string", "First offset to read; earliest (the default) and latest also stand for one.", "0"),
            new("fromTime", "string", "Instead of offset: the first message with a timestamp at or after it; milliseconds since 1970 or RFC 3339.", "2026-01-01T00:00:00Z"),
            new("lastEpoch", "integer", "With offset: the lastEpoch of the answer that named it as nextOffset. LOG_TRUNCATED (409), with divergingOffset and divergingEpoch, when an unclean election took back what was read.", "3"),
            new("limit", "integer", $"Messages at most, 1 to {MessagesQuery.MaxLimit}. Default {MessagesQuery.DefaultLimit}.", "100"),
            new("maxBytes", "integer", $"Bytes of keys and values at most, beyond the first message; up to {MessagesQuery.MostBytes}. Default {MessagesQuery.DefaultBytes}.", "1048576"),
            new("waitMs", "integer", $"How long to wait for the first message, up to {MessagesQuery.MaxWaitMillis}. Default 0.", "0"),
        ],
    };

    public static readonly EndpointDoc Offsets = new(
        "Offsets of a partition",
        "Its start and end, and with time the first offset at or after it.",
        Reading,
        [new(200, typeof(OffsetsAnswer), """{"topic":"orders","partition":2,"logStartOffset":0,"highWatermark":42,"offset":41}"""), Fails(400), Fails(404)])
    {
        Parameters = [new("time", "string", "Milliseconds since 1970 or RFC 3339.", "2026-01-01T00:00:00Z")],
    };

    private static Returns Fails(int status) => new(status, typeof(ProblemAnswer));
}
