using System.Text.Json;
using GoQueue.History.Checking.Cluster;
using GoQueue.History.Events;
using GoQueue.History.Linearizability;

namespace GoQueue.History.Export;

/// <summary>
/// Writes the register part of a history (topics that are there or not, settings, committed offsets) as call/return intervals, one operation a line in JSON: what a
/// checker like Porcupine takes, partitioned by <c>key</c>.
/// </summary>
/// <remarks>
/// <c>{"clientId":0,"key":"topic a","call":12,"return":15,"input":{"op":"cas","expected":"absent","value":"there"},"output":{"ok":true}}</c>. Call and return
/// are positions in the history; return is null when nobody knows: it may have happened at any time after the call, or never. Operations: <c>write</c> (value),
/// <c>cas</c> (expected, value; output ok false when it found another value), <c>read</c> (output value).
/// </remarks>
public static class IntervalExporter
{
    /// <returns>Operations written.</returns>
    public static long Export(IEnumerable<HistoryEvent> events, TextWriter writer)
    {
        Dictionary<int, HistoryEvent> open = [];
        long count = 0;
        foreach (HistoryEvent next in events)
        {
            if (next.Operation.IsObservation() || next.Operation is not (Operation.Create or Operation.Delete or Operation.Exists or Operation.CasConfig or Operation.ReadConfig
                or Operation.Commit or Operation.Committed or Operation.ResetOffsets))
            {
                continue;
            }

            if (next.Type == EventType.Invoke)
            {
                open[next.Process] = next;
            }
            else if (open.Remove(next.Process, out HistoryEvent? invocation))
            {
                count += Write(writer, invocation, next);
            }
        }

        return count + open.Values.OrderBy(static invocation => invocation.Index).Sum(invocation => Write(writer, invocation, null));
    }

    private static int Write(TextWriter writer, HistoryEvent invocation, HistoryEvent? outcome)
    {
        RegisterHistory registers = new();
        RegisterCheck.Add(registers, invocation, outcome);
        AddOffsets(registers, invocation, outcome);
        int count = 0;
        foreach (string key in registers.Keys)
        {
            foreach (RegisterOperation operation in registers.Of(key))
            {
                writer.Write(Line(invocation.Process, key, operation, registers));
                writer.Write('\n');
                count++;
            }
        }

        return count;
    }

    private static void AddOffsets(RegisterHistory registers, HistoryEvent invocation, HistoryEvent? outcome)
    {
        if ((outcome?.Value ?? invocation.Value) is not GroupOffsetsValue offsets || outcome?.Type == EventType.Fail)
        {
            return;
        }

        bool isRead = invocation.Operation == Operation.Committed;
        long end = outcome?.Type == EventType.Ok ? outcome.Index : RegisterOperation.Never;
        if (isRead && end == RegisterOperation.Never)
        {
            return;
        }

        foreach (PartitionPosition at in offsets.Offsets)
        {
            long value = registers.Number(at.Offset?.ToString(System.Globalization.CultureInfo.InvariantCulture));
            registers.Add($"offset {offsets.Group} {at.Topic}-{at.Partition}", isRead ? RegisterAction.Read : RegisterAction.Write, value, 0, invocation.Index, end);
        }
    }

    private static string Line(int client, string key, RegisterOperation operation, RegisterHistory registers)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("clientId", client);
            json.WriteString("key", key);
            json.WriteNumber("call", operation.Call);
            if (operation.IsCertain)
            {
                json.WriteNumber("return", operation.Return);
            }
            else
            {
                json.WriteNull("return");
            }

            json.WriteStartObject("input");
            json.WriteString("op", operation.Action switch { RegisterAction.Write => "write", RegisterAction.Read => "read", _ => "cas" });
            if (operation.Action is RegisterAction.CompareAndSet or RegisterAction.FindOther)
            {
                json.WriteString("expected", registers.Text(operation.Expected));
            }

            if (operation.Action is RegisterAction.Write or RegisterAction.CompareAndSet)
            {
                json.WriteString("value", registers.Text(operation.Value));
            }

            json.WriteEndObject();
            json.WriteStartObject("output");
            if (operation.Action == RegisterAction.Read)
            {
                json.WriteString("value", registers.Text(operation.Value));
            }
            else if (operation.IsCertain)
            {
                json.WriteBoolean("ok", operation.Action != RegisterAction.FindOther);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
