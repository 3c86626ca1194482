using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Generation;

/// <summary>
/// Histories of a broker that does everything right: operations overlap, each takes effect at one moment between its call and its answer, and of some nobody knows
/// whether they did; they may still do so later. What the checker says of them is: nothing. And what it must say when one thing is changed is known.
/// </summary>
public sealed partial class ModelHistory
{
    private readonly ModelOptions options;
    private readonly IHistoryRecorder recorder;
    private readonly Random random;
    private readonly List<Pending> pending = [];
    private readonly List<int> idle = [];
    private readonly Dictionary<int, Client> clients = [];
    private int asked;

    private ModelHistory(ModelOptions options, IHistoryRecorder recorder, ModelClock clock)
    {
        this.options = options;
        this.recorder = recorder;
        this.clock = clock;
        random = new Random(options.Seed);
        log = [.. Enumerable.Range(0, options.Partitions).Select(static _ => new ModelPartition())];
    }

    /// <summary>What such a history is judged by.</summary>
    public static RunConfiguration Configuration(ModelOptions options) => new()
    {
        Nodes = 3,
        Topics =
        [
            new TopicConfiguration { Name = LogTopic, Partitions = options.Partitions, ReplicationFactor = 3, MinInSyncReplicas = 2 },
            new TopicConfiguration { Name = QueueTopic, Partitions = 1, ReplicationFactor = 3, MinInSyncReplicas = 2, Queues = [Group] },
        ],
        ClockBoundMillis = 0,
    };

    /// <summary>A history in memory.</summary>
    public static IReadOnlyList<HistoryEvent> Generate(ModelOptions options)
    {
        ModelClock clock = new();
        HistoryList list = new(() => clock.Now);
        new ModelHistory(options, list, clock).Run();
        return list.Events;
    }

    /// <summary>A history in a file.</summary>
    public static void Generate(ModelOptions options, string path)
    {
        ModelClock clock = new();
        RunDescription run = new()
        {
            Id = $"model-{options.Seed}", Seed = options.Seed, ProductVersion = "model", Started = DateTimeOffset.UnixEpoch, Configuration = Configuration(options),
        };
        using HistoryWriter writer = HistoryWriter.Create(path, run, () => clock.Now);
        new ModelHistory(options, writer, clock).Run();
        writer.Complete();
    }

    private void Run()
    {
        recorder.Observe(Operation.Phase, new PhaseValue { Phase = RunPhase.Workload });
        Prepare();
        while (asked < options.Operations || pending.Exists(static operation => !operation.IsAnswered))
        {
            clock.Advance(random.Next(1_000, 200_000));
            DeliverDue();
            Step();
        }

        pending.Clear(); // what nobody knew of and did not happen until now never will
        Final();
    }

    /// <summary>Somebody asks, something takes effect, or an answer arrives.</summary>
    private void Step()
    {
        int choice = random.Next(3);
        if (choice == 0 || pending.Count == 0)
        {
            if (asked < options.Operations && (idle.Count > 0 || pending.Count(static operation => !operation.IsAnswered) < options.Clients))
            {
                Ask(TakeClient());
            }

            return;
        }

        int at = random.Next(pending.Count);
        Pending operation = pending[at];
        if (choice == 1 || operation.IsAnswered)
        {
            TakeEffect(operation);
        }
        else
        {
            Answer(operation);
        }

        if (operation.IsAnswered && (operation.HasHappened || random.Next(20) == 0))
        {
            pending.RemoveAt(at); // and of those that were unknown, some never happen
        }
    }

    private static void TakeEffect(Pending operation)
    {
        if (!operation.HasHappened)
        {
            operation.Result = operation.Effect();
            operation.HasHappened = true;
        }
    }

    private void Answer(Pending operation)
    {
        if (random.Next(100) < options.UnknownPercent)
        {
            recorder.Info(operation.Process, operation.Operation, operation.Asked, "TIMEOUT");
            clients.Remove(operation.Process);
        }
        else if (operation.HasHappened)
        {
            (EventType type, OperationValue value, string? error) = operation.Result!.Value;
            recorder.Record(operation.Process, type, operation.Operation, value, error, node: "1");
            idle.Add(operation.Process);
        }
        else if (operation.Operation is Operation.Send or Operation.Schedule && random.Next(20) == 0)
        {
            recorder.Fail(operation.Process, operation.Operation, operation.Asked, "OVERLOADED");
            operation.Result = (EventType.Fail, operation.Asked, null);
            operation.HasHappened = true; // so: it never will
            idle.Add(operation.Process);
        }
        else
        {
            return; // the answer is not there yet
        }

        operation.IsAnswered = true;
    }

    private Client TakeClient()
    {
        if (idle.Count == 0)
        {
            Client fresh = new(recorder.NewProcess());
            clients.Add(fresh.Process, fresh);
            return fresh;
        }

        int at = random.Next(idle.Count);
        Client client = clients[idle[at]];
        idle.RemoveAt(at);
        return client;
    }

    private void Begin(Client client, Operation operation, OperationValue value, Func<(EventType, OperationValue, string?)> effect)
    {
        asked++;
        recorder.Invoke(client.Process, operation, value);
        pending.Add(new Pending(client.Process, operation, value, effect));
    }

    private sealed class Pending(int process, Operation operation, OperationValue asked, Func<(EventType Type, OperationValue Value, string? Error)> effect)
    {
        public int Process { get; } = process;

        public Operation Operation { get; } = operation;

        public OperationValue Asked { get; } = asked;

        public Func<(EventType Type, OperationValue Value, string? Error)> Effect { get; } = effect;

        public (EventType Type, OperationValue Value, string? Error)? Result { get; set; }

        public bool HasHappened { get; set; }

        public bool IsAnswered { get; set; }
    }

    private sealed class Client(int process)
    {
        public int Process { get; } = process;

        public long Counter { get; set; }

        public Dictionary<int, long> Positions { get; } = [];

        public int Epoch { get; set; }

        public List<SettledMessage> Leased { get; } = [];
    }
}

/// <summary>Virtual time in nanoseconds.</summary>
internal sealed class ModelClock
{
    public long Now { get; private set; }

    public void Advance(long nanos) => Now += nanos;
}
