using System.CommandLine;
using System.Globalization;
using System.Text;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Values;
using GoQueue.Client;
using GoQueue.Core.Records;

namespace GoQueue.Cli.Produce;

/// <summary>The options of <c>goqueue produce</c> and what they come to.</summary>
internal sealed class ProduceOptions
{
    private static readonly (string Word, ProducerAcks Value)[] AcksWords = [("none", ProducerAcks.None), ("leader", ProducerAcks.Leader), ("all", ProducerAcks.All)];

    private static readonly (string Word, CompressionCodec Value)[] CompressionWords = [("none", CompressionCodec.None), ("gzip", CompressionCodec.Gzip), ("snappy", CompressionCodec.Snappy)];

    public Option<string[]> Messages { get; } = OptionOf.Texts("--message", ["-m"], "Send this text instead of standard input.", "TEXT");

    public Option<string[]> Files { get; } = OptionOf.Texts("--file", ["-f"], "Send this file as one message; - is standard input.", "FILE");

    public Option<bool> Lines { get; } = OptionOf.Flag("--lines", "With --file: every line of it is a message.");

    public Option<bool> NulDelimited { get; } = new("--null", "-0") { Description = "Messages of standard input or of --lines end with a NUL byte instead of a line end." };

    public Option<string?> Key { get; } = OptionOf.Text("--key", "Key of every message. Messages of one key stay in order.", "KEY");

    public Option<string?> KeySeparator { get; } = OptionOf.Text("--key-separator", "The key of a message is what stands before this text; \\t is a tab.", "TEXT");

    public Option<bool> Tombstone { get; } = OptionOf.Flag("--tombstone", "Send no value: compaction then forgets the key. Needs --key or --key-separator.");

    public Option<string[]> Headers { get; } = OptionOf.Texts("--header", ["-H"], "A header of every message.", "NAME=VALUE");

    public Option<long?> Partition { get; } = OptionOf.Whole("--partition", ["-p"], "Send to this partition instead of choosing by key or in turn.", "NUMBER", 0, int.MaxValue);

    public Option<PriorityLane?> Priority { get; } = OptionOf.Choice("--priority", [], "Priority lane. Default normal.", PriorityText.All);

    public Option<TimeSpan?> TimeToLive { get; } = OptionOf.Duration("--ttl", "Readers leave the message out when it is older than this.");

    public Option<ProducerAcks?> Acks { get; } = OptionOf.Choice("--acks", [], "Whom to wait for. Default all.", AcksWords);

    public Option<CompressionCodec?> Compression { get; } = OptionOf.Choice("--compression", [], "Compress batches. Default none.", CompressionWords);

    public Option<long?> Count { get; } = OptionOf.Whole("--count", [], "Send every --message this many times; without one, send message 1, message 2, ...", "COUNT", 1, long.MaxValue);

    public Option<double?> Rate { get; } = OptionOf.Rate("--rate", "Send at most this many messages a second.");

    public IEnumerable<Option> All =>
    [
        Messages, Files, Lines, NulDelimited, Key, KeySeparator, Tombstone, Headers, Partition, Priority, TimeToLive, Acks, Compression, Count, Rate,
    ];

    public MessageSource Source(Session session)
    {
        session.Exclusive(Messages, Files);
        session.Exclusive(Count, Files);
        if (session.Get(Lines) && !session.IsGiven(Files))
        {
            throw CommandFailure.Usage("--lines needs --file", "name the file, or leave --lines out: lines of standard input are messages anyway");
        }

        string[] texts = session.Get(Messages)!;
        string[] files = session.Get(Files)!;
        if (files.FirstOrDefault(file => file is not "-" && !File.Exists(file)) is { } missing)
        {
            // Said before anything is sent, not after the files before it.
            throw CommandFailure.Refused($"cannot read {missing}: there is no such file", "check the name");
        }

        byte delimiter = session.Get(NulDelimited) ? (byte)0 : (byte)'\n';
        return (texts.Length, files.Length, session.Get(Count)) switch
        {
            ( > 0, _, var count) => MessageSource.Of(texts, count ?? 1),
            (_, > 0, _) when session.Get(Lines) => MessageSource.Pieces(files, session.Streams.Input, delimiter),
            (_, > 0, _) => MessageSource.WholeFiles(files, session.Streams.Input),
            (_, _, { } count) => MessageSource.Generated(count),
            _ => MessageSource.Pieces([], session.Streams.Input, delimiter),
        };
    }

    public KeySplitter Keys(Session session)
    {
        session.Exclusive(Key, KeySeparator);
        if (session.Get(Tombstone) && !session.IsGiven(Key) && !session.IsGiven(KeySeparator))
        {
            throw CommandFailure.Usage("a tombstone without a key deletes nothing", "add --key KEY, or --key-separator TEXT to take keys from the input");
        }

        return new KeySplitter(session.Get(Key), session.Get(KeySeparator), session.Get(Tombstone));
    }

    /// <summary>The message that every sent one is made from.</summary>
    public ProducerMessage Template(Session session) => new()
    {
        Partition = (int?)session.Get(Partition),
        Priority = session.Get(Priority) ?? PriorityLane.Normal,
        Headers = ReadHeaders(session),
    };

    public ProducerOptions ForProducer(Session session, DeliveryCallback onDelivery) => new()
    {
        Acks = session.Get(Acks) ?? ProducerAcks.All,
        Compression = session.Get(Compression) ?? CompressionCodec.None,
        OnDelivery = onDelivery,
    };

    private RecordHeader[] ReadHeaders(Session session)
    {
        List<RecordHeader> headers = [];
        foreach (string pair in session.Get(Headers)!)
        {
            int equals = pair.IndexOf('=');
            headers.Add(equals > 0
                ? new RecordHeader(pair[..equals], Encoding.UTF8.GetBytes(pair[(equals + 1)..]))
                : throw CommandFailure.Usage($"'{pair}' (--header) is not NAME=VALUE", "for example --header trace=abc"));
        }

        if (session.Get(TimeToLive) is { } ttl)
        {
            headers.Add(RecordHeader.OfText(RecordTtl.HeaderName, ((long)ttl.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)));
        }

        return [.. headers];
    }
}
