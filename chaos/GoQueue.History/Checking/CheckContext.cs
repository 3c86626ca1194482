using GoQueue.History.Checking.Facts;
using GoQueue.History.Format;

namespace GoQueue.History.Checking;

/// <summary>What the checks of one history share.</summary>
internal sealed class CheckContext
{
    private readonly Dictionary<string, TopicConfiguration> topics;

    public CheckContext(CheckOptions options)
    {
        Options = options;
        Findings = new Findings(options.MaxEvidence);
        Transactions = new TransactionTable(this);
        topics = options.Configuration.Topics.ToDictionary(static topic => topic.Name, StringComparer.Ordinal);
    }

    public CheckOptions Options { get; }

    public RunConfiguration Configuration => Options.Configuration;

    public Findings Findings { get; }

    public PartitionTable Partitions { get; } = new();

    public MessageTable Messages { get; } = new();

    public TransactionTable Transactions { get; }

    public NameTable Keys { get; } = new();

    public FaultClock Faults { get; } = new();

    /// <summary>Why the verdict cannot be true.</summary>
    public List<string> Doubts { get; } = [];

    /// <summary>Time of the newest event.</summary>
    public long Now { get; set; }

    public TopicConfiguration? Topic(string name) => topics.GetValueOrDefault(name);

    public TopicConfiguration? TopicOf(int partition) => Topic(Partitions.Name(partition).Topic);

    public bool IsCompacted(int partition) => TopicOf(partition)?.Cleanup == TopicCleanup.Compact;

    /// <summary>Milliseconds of a bound as nanoseconds.</summary>
    public static long Nanos(long millis) => millis * 1_000_000;
}
