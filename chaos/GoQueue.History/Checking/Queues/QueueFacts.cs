using GoQueue.History.Events;

namespace GoQueue.History.Checking.Queues;

/// <summary>One group's view of one topic.</summary>
internal sealed class QueueFacts
{
    private readonly Dictionary<int, KeyOrder> byKey = [];

    public Dictionary<int, QueuedFacts> Messages { get; } = [];

    public List<(int Earlier, int Later, long Event)> OutOfOrder { get; } = [];

    public HistoryEvent? StateEvent { get; set; }

    public HistoryEvent? DeadLettersEvent { get; set; }

    public HistoryEvent? LastReceive { get; set; }

    public QueuedFacts Message(int number)
    {
        if (!Messages.TryGetValue(number, out QueuedFacts? facts))
        {
            Messages.Add(number, facts = new QueuedFacts());
        }

        return facts;
    }

    public KeyOrder ByKey(int key)
    {
        if (!byKey.TryGetValue(key, out KeyOrder? order))
        {
            byKey.Add(key, order = new KeyOrder());
        }

        return order;
    }
}

/// <summary>Messages of one key in their order; those in front that are settled for good are passed once.</summary>
internal sealed class KeyOrder
{
    private readonly List<int> messages = [];
    private int first;

    public IEnumerable<int> Left => messages.Skip(first);

    public void Add(int message) => messages.Add(message);

    public void Skip(Func<int, bool> isSettled)
    {
        while (first < messages.Count && isSettled(messages[first]))
        {
            first++;
        }
    }
}

/// <summary>One message in one queue.</summary>
internal sealed class QueuedFacts
{
    public List<Lease> Known { get; } = [];

    /// <summary>Calls to settle it for good, by ack or reject, that were not refused.</summary>
    public int AckCalls { get; set; }

    public bool AckInvoked => AckCalls > 0;

    public bool IsRejected { get; set; }

    public long AckedAt { get; set; } = -1;

    public bool IsInQueue { get; set; }

    public bool IsAckedInState { get; set; }

    public int DeadLetters { get; set; }
}

/// <summary>A lease as the client saw it. Times in nanoseconds.</summary>
/// <param name="Faults">Faults begun until then.</param>
/// <param name="IsReleased">Its holder asked to end or change it: it proves no overlap any more.</param>
internal readonly record struct Lease(string Receipt, int Process, long Invoked, long Answered, long Length, long Event, int Faults, bool IsReleased);
