using System.Globalization;
using System.Text;
using GoQueue.History.Events;

namespace GoQueue.History.Export;

/// <summary>
/// Writes the log and transaction part of a history as EDN, one operation a line, in the shape that the documentation of the public namespace
/// <c>jepsen.tests.kafka</c> describes, so that checkers nobody here wrote can judge the run.
/// </summary>
/// <remarks>
/// Topic-partitions become integer keys and messages integer values; comment lines in front say which. Where a poll names an offset that is not where its process
/// stood, an assign is put in front, for these histories know no other seek. The final reads of one replica become polls of a process of their own. Operations on
/// groups, queues, delays and metadata have no place there and are left out.
/// </remarks>
public sealed class JepsenExporter
{
    private readonly TextWriter writer;
    private readonly Dictionary<(string Topic, int Partition), int> keys = [];
    private readonly Dictionary<MessageId, long> values = [];
    private readonly Dictionary<(int Process, int Key), long> positions = [];
    private readonly Dictionary<int, bool> needsAssign = [];
    private string? finalNode;
    private long index;
    private int maxProcess;

    private JepsenExporter(TextWriter writer) => this.writer = writer;

    /// <returns>Operations written, invocations and outcomes counted.</returns>
    public static long Export(IEnumerable<HistoryEvent> events, TextWriter writer)
    {
        JepsenExporter exporter = new(writer);
        writer.Write("; values are messages, numbered as they appear\n");
        foreach (HistoryEvent next in events)
        {
            exporter.maxProcess = Math.Max(exporter.maxProcess, next.Process);
            exporter.Export(next);
        }

        return exporter.index;
    }

    private void Export(HistoryEvent next)
    {
        switch (next.Value)
        {
            case SendValue send:
                Write(next, "send", Vector(Sends(send, next.Type)));
                break;
            case PollValue poll:
                Poll(next, poll);
                break;
            case TransactionValue transaction:
                Write(next, "txn", Vector(transaction.Steps.SelectMany(step => step.Send is { } send ? Sends(send, next.Type) : step.Poll is { } poll ? [next.Type == EventType.Invoke ? "[:poll]" : PollStep(poll)] : [])));
                break;
            case AssignValue assign:
                bool isFromStart = assign.Partitions.All(static at => at.Offset == 0);
                foreach (PartitionPosition at in assign.Partitions)
                {
                    positions[(next.Process, Key(at.Topic, at.Partition))] = at.Offset ?? -1;
                }

                Write(next, "assign", Vector(assign.Partitions.Select(at => Number(Key(at.Topic, at.Partition)))), isFromStart ? ", :seek-to-beginning? true" : "");
                break;
            case SubscribeValue subscribe:
                Write(next, "subscribe", Vector(keys.Where(key => subscribe.Topics.Contains(key.Key.Topic)).Select(static key => Number(key.Value))));
                break;
            case NemesisValue fault:
                Line("info", ":nemesis", $"{fault.Edge.ToString().ToLowerInvariant()}-{fault.Fault}", Vector(fault.Targets.Select(static target => $"\"{target.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"")), next.Time, "");
                break;
            case FinalReadValue read when next.Type == EventType.Ok:
                Final(next, read);
                break;
            default:
                break;
        }
    }

    private void Poll(HistoryEvent next, PollValue poll)
    {
        if (next.Type == EventType.Invoke)
        {
            foreach (PolledPartition partition in poll.Partitions.Where(static partition => partition.From is not null))
            {
                int key = Key(partition.Topic, partition.Partition);
                if (!positions.TryGetValue((next.Process, key), out long at) || at != partition.From)
                {
                    string extra = partition.From == 0 ? ", :seek-to-beginning? true" : "";
                    Line("invoke", Number(next.Process), "assign", Vector([Number(key)]), next.Time, extra);
                    Line("ok", Number(next.Process), "assign", Vector([Number(key)]), next.Time, extra);
                    positions[(next.Process, key)] = partition.From!.Value;
                }
            }

            Write(next, "poll", "[[:poll]]");
            return;
        }

        foreach (PolledPartition partition in poll.Partitions)
        {
            long? behind = partition.Next ?? (partition.Records.Count > 0 ? partition.Records[^1].Offset + 1 : partition.From);
            if (behind is { } position)
            {
                positions[(next.Process, Key(partition.Topic, partition.Partition))] = position;
            }
        }

        Write(next, "poll", next.Type == EventType.Ok ? Vector([PollStep(poll)]) : "[[:poll]]");
    }

    private void Final(HistoryEvent next, FinalReadValue read)
    {
        finalNode ??= next.Node ?? "";
        if (finalNode != (next.Node ?? ""))
        {
            return;
        }

        int key = Key(read.Topic, read.Partition);
        string process = Number(maxProcess + 1);
        if (needsAssign.TryAdd(key, true))
        {
            Line("invoke", process, "assign", Vector([Number(key)]), next.Time, ", :seek-to-beginning? true");
            Line("ok", process, "assign", Vector([Number(key)]), next.Time, ", :seek-to-beginning? true");
        }

        Line("invoke", process, "poll", "[[:poll]]", next.Time, "");
        Line("ok", process, "poll", Vector([$"[:poll {{{Number(key)} {Pairs(read.Records)}}}]"]), next.Time, "");
    }

    private IEnumerable<string> Sends(SendValue send, EventType type)
    {
        string key = send.Partition is { } partition ? Number(Key(send.Topic, partition)) : "nil";
        return send.Records.Select(record => type == EventType.Ok && record.Offset is { } offset ? $"[:send {key} [{Number(offset)} {Value(record)}]]" : $"[:send {key} {Value(record)}]");
    }

    private string PollStep(PollValue poll) =>
        $"[:poll {{{string.Join(", ", poll.Partitions.Where(static partition => partition.Records.Count > 0).Select(partition => $"{Number(Key(partition.Topic, partition.Partition))} {Pairs(partition.Records)}"))}}}]";

    private string Pairs(IEnumerable<HistoryRecord> records) => Vector(records.Select(record => $"[{(record.Offset is { } offset ? Number(offset) : "nil")} {Value(record)}]"));

    private string Value(HistoryRecord record)
    {
        if (record.Message is not { } id || record.Damage is not null)
        {
            return "-1"; // nobody sent it
        }

        if (!values.TryGetValue(id, out long value))
        {
            values.Add(id, value = values.Count);
        }

        return Number(value);
    }

    private int Key(string topic, int partition)
    {
        if (!keys.TryGetValue((topic, partition), out int key))
        {
            keys.Add((topic, partition), key = keys.Count);
            writer.Write($"; key {Number(key)} is {topic}-{Number(partition)}\n");
        }

        return key;
    }

    private void Write(HistoryEvent next, string f, string value, string extra = "") =>
        Line(
            next.Type.ToString().ToLowerInvariant(),
            Number(next.Process),
            f,
            value,
            next.Time,
            next.Error is null ? extra : $"{extra}, :error :{Keyword(next.Error)}");

    private void Line(string type, string process, string f, string value, long time, string extra) =>
        writer.Write($"{{:type :{type}, :process {process}, :f :{f}, :value {value}, :time {Number(time)}, :index {Number(index++)}{extra}}}\n");

    /// <summary>Letters, digits and dashes.</summary>
    private static string Keyword(string text)
    {
        StringBuilder keyword = new();
        foreach (char letter in text.Length > 60 ? text[..60] : text)
        {
            keyword.Append(char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '-');
        }

        return keyword.Length == 0 || !char.IsAsciiLetter(keyword[0]) ? $"error-{keyword}" : keyword.ToString();
    }

    private static string Vector(IEnumerable<string> items) => $"[{string.Join(' ', items)}]";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
