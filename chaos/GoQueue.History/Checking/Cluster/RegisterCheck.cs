using GoQueue.History.Events;
using GoQueue.History.Linearizability;

namespace GoQueue.History.Checking.Cluster;

/// <summary>M5: topics that are there or not, and their settings, as linearizable registers, one for each topic and one for each setting.</summary>
internal sealed class RegisterCheck(CheckContext context) : Check(context)
{
    private readonly RegisterHistory registers = new();
    private readonly Dictionary<int, HistoryEvent> open = [];
    private readonly HashSet<string> deletable = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> topicOf = new(StringComparer.Ordinal);

    public override void Invoked(HistoryEvent invocation)
    {
        if (invocation.Value is TopicValue or ConfigValue)
        {
            open[invocation.Process] = invocation;
        }
    }

    public override void Completed(HistoryEvent invocation, HistoryEvent outcome)
    {
        if (outcome.Value is TopicValue or ConfigValue)
        {
            open.Remove(outcome.Process);
            Add(registers, invocation, outcome);
            Remember(outcome.Operation, outcome.Value);
        }
    }

    public override void Finish()
    {
        foreach (HistoryEvent invocation in open.Values.OrderBy(static invocation => invocation.Index))
        {
            Add(registers, invocation, null);
            Remember(invocation.Operation, invocation.Value);
        }

        foreach (string key in registers.Keys)
        {
            if (topicOf.TryGetValue(key, out string? topic) && deletable.Contains(topic))
            {
                continue; // settings start anew with each life of a topic
            }

            Judge(key);
        }
    }

    /// <summary>Adds what an operation says about a register. Refusals that tell the state are reads of it; docs/internals/history.md names them.</summary>
    /// <param name="outcome">Null: it is still open at the end.</param>
    internal static void Add(RegisterHistory registers, HistoryEvent invocation, HistoryEvent? outcome)
    {
        EventType type = outcome?.Type ?? EventType.Info;
        long call = invocation.Index;
        long end = type == EventType.Info ? RegisterOperation.Never : outcome!.Index;
        long absent = registers.Number("absent");
        long there = registers.Number("there");
        switch (outcome?.Value ?? invocation.Value)
        {
            case TopicValue topic:
                string name = KeyOf(topic);
                switch (invocation.Operation, type)
                {
                    case (Operation.Create, EventType.Fail) when outcome!.Error == "TOPIC_ALREADY_EXISTS":
                        registers.Add(name, RegisterAction.Read, there, 0, call, end);
                        break;
                    case (Operation.Delete, EventType.Fail) when outcome!.Error == "UNKNOWN_TOPIC":
                        registers.Add(name, RegisterAction.Read, absent, 0, call, end);
                        break;
                    case (Operation.Create, not EventType.Fail):
                        registers.Add(name, RegisterAction.CompareAndSet, there, absent, call, end);
                        break;
                    case (Operation.Delete, not EventType.Fail):
                        registers.Add(name, RegisterAction.CompareAndSet, absent, there, call, end);
                        break;
                    case (Operation.Exists, EventType.Ok) when topic.IsThere is { } isThere:
                        registers.Add(name, RegisterAction.Read, isThere ? there : absent, 0, call, end);
                        break;
                    default:
                        break;
                }

                break;
            case ConfigValue config:
                string key = KeyOf(config);
                long value = registers.Number(config.Value);
                switch (invocation.Operation, type)
                {
                    case (Operation.CasConfig, EventType.Fail) when outcome!.Error == "PRECONDITION_FAILED" && config.Expected is not null:
                        registers.Add(key, RegisterAction.FindOther, 0, registers.Number(config.Expected), call, end);
                        break;
                    case (Operation.CasConfig, EventType.Fail) when outcome!.Error == "UNKNOWN_TOPIC":
                        registers.Add("topic " + config.Topic, RegisterAction.Read, absent, 0, call, end);
                        break;
                    case (Operation.CasConfig, not EventType.Fail):
                        RegisterAction action = config.Expected is null ? RegisterAction.Write : RegisterAction.CompareAndSet;
                        registers.Add(key, action, value, registers.Number(config.Expected), call, end);
                        break;
                    case (Operation.ReadConfig, EventType.Ok):
                        registers.Add(key, RegisterAction.Read, value, 0, call, end);
                        break;
                    default:
                        break;
                }

                break;
            default:
                break;
        }
    }

    private static string KeyOf(TopicValue topic) => "topic " + topic.Topic;

    private static string KeyOf(ConfigValue config) => $"config {config.Topic}.{config.Key}";

    private void Remember(Operation operation, OperationValue value)
    {
        if (operation == Operation.Delete)
        {
            deletable.Add(((TopicValue)value).Topic);
        }
        else if (value is ConfigValue config)
        {
            topicOf[KeyOf(config)] = config.Topic;
        }
    }

    private void Judge(string key)
    {
        SearchResult result = registers.Search(key, RegisterOperation.Unknown, Context.Options.MaxSearchSteps);
        if (result.Outcome == SearchOutcome.GaveUp)
        {
            Context.Doubts.Add($"the order of the operations on {key} was not found within the bound of the search");
        }
        else if (result.Outcome == SearchOutcome.NotLinearizable)
        {
            RegisterOperation at = registers.Of(key)[result.At];
            Report(
                "M5",
                $"{key} fits no order: {Words(at)} where it could only be {string.Join(" or ", result.Before.Select(registers.Text))}",
                [at.Call, at.Return]);
        }
    }

    private string Words(RegisterOperation operation) => operation.Action switch
    {
        RegisterAction.Read => $"found {registers.Text(operation.Value)}",
        RegisterAction.CompareAndSet => $"changed from {registers.Text(operation.Expected)} to {registers.Text(operation.Value)}",
        RegisterAction.Write => $"set to {registers.Text(operation.Value)}",
        _ => $"found not {registers.Text(operation.Expected)}",
    };
}
