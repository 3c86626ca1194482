using System.Runtime.InteropServices;
using GoQueue.History.Events;

namespace GoQueue.History.Checking.Facts;

/// <summary>How the sending of a message ended.</summary>
internal enum SendOutcome : byte
{
    /// <summary>Nobody sent it, so far.</summary>
    NotSent,
    Open,
    Ok,
    Fail,
    Info,
}

/// <summary>How it was sent.</summary>
internal enum SendKind : byte
{
    Plain,
    Transaction,
    Scheduled,
}

[Flags]
internal enum MessageMarks : ushort
{
    None = 0,

    /// <summary>Its producer had an identity.</summary>
    Idempotent = 1,

    /// <summary>A consumer polled it.</summary>
    Polled = 2,

    /// <summary>It is in a final read.</summary>
    Final = 4,

    /// <summary>A reader of committed data saw it (polls and final reads).</summary>
    SeenCommitted = 8,

    /// <summary>Any reader saw it.</summary>
    Seen = 16,

    /// <summary>It was seen where its acknowledgement said.</summary>
    SeenAtAck = 32,

    /// <summary>It stands at two offsets; told of once.</summary>
    Twice = 64,

    Tombstone = 128,

    /// <summary>A final read has it where it was seen first.</summary>
    FinalAtFirst = 256,

    /// <summary>What was read of it differs from what was sent; told of once.</summary>
    Differs = 512,

    /// <summary>An older epoch of its producer had been fenced before it was sent.</summary>
    Zombie = 1024,

    /// <summary>It took effect in a later transaction; told of once.</summary>
    Contaminates = 2048,

    /// <summary>It was delivered from a queue.</summary>
    Delivered = 4096,
}

/// <summary>All that is known of one message. Times are nanoseconds, events are indexes, -1 is none.</summary>
internal struct MessageFacts
{
    public MessageId Id;
    public SendOutcome Outcome;
    public SendKind Kind;
    public SendAcks Acks;
    public MessageMarks Marks;
    public bool HasDigest;
    public uint Digest;
    public int Partition;
    public int Key;
    public int Transaction;
    public int SeenPartition;
    public long SentEvent;
    public long SentTime;
    public long OutcomeEvent;
    public long AckOffset;
    public long SeenOffset;
    public long SeenEvent;

    /// <summary>When the first reader of committed data had it.</summary>
    public long SeenTime;

    public readonly bool Has(MessageMarks marks) => (Marks & marks) != 0;
}

/// <summary>Every message of the run, in about a hundred bytes each.</summary>
internal sealed class MessageTable
{
    private readonly Dictionary<MessageId, int> numbers = [];
    private readonly List<MessageFacts> facts = [];

    public int Count => facts.Count;

    public Span<MessageFacts> All => CollectionsMarshal.AsSpan(facts);

    /// <summary>Valid until the next message is added.</summary>
    public ref MessageFacts this[int number] => ref CollectionsMarshal.AsSpan(facts)[number];

    /// <summary>Its number; a message that was not heard of is added as one that nobody sent.</summary>
    public int Number(MessageId id)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, id, out bool exists);
        if (!exists)
        {
            number = facts.Count;
            facts.Add(new MessageFacts
            {
                Id = id, Partition = -1, Key = -1, Transaction = -1, SeenPartition = -1, SentEvent = -1, OutcomeEvent = -1, AckOffset = -1, SeenOffset = -1, SeenEvent = -1, SeenTime = -1,
            });
        }

        return number;
    }
}
