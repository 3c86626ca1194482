using GoQueue.History.Events;
using GoQueue.History.Export;
using GoQueue.History.Generation;
using GoQueue.History.Tests.Checking;
using static GoQueue.History.Tests.Checking.Script;

namespace GoQueue.History.Tests.Export;

public sealed class ExporterTests
{
    [Fact]
    public void Log_and_transactions_are_written_in_the_shape_of_the_public_kafka_tests()
    {
        Script script = new Script()
            .Send(0, "345=0-0 346=0-1").IsUnknown().Send(1, "1-0", partition: 1).Fails("OVERLOADED").Send(2, "2-0")
            .Assign(3, 345).Poll(3, "345=0-0 346=0-1", next: 347).Poll(3, "").Poll(3, "345=0-0", from: 345)
            .Transaction(4, "x", 1, Sends("400=4-0"), Polls("346=0-1")).Fails("aborted").Transaction(4, "x", 2, Sends("4-1"))
            .Fault(1, FaultEdge.Begin).Poll(5, "345=!", from: 0)
            .Final("345=0-0 346=0-1", 401, start: 345).Final("345=0-0 346=0-1", 401, start: 345, at: "2");

        Golden.Matches("kafka.edn", Write(writer => JepsenExporter.Export(script.Events, writer)));
    }

    [Fact]
    public void Registers_are_written_as_calls_and_returns()
    {
        Script script = new Script()
            .Topic(0, Operation.Create, "a").IsUnknown().Topic(1, Operation.Delete, "a").Topic(2, Operation.Exists, "a", isThere: true).Fails("TOPIC_ALREADY_EXISTS").Topic(3, Operation.Create, "a")
            .Config(4, Operation.CasConfig, null, "1").Config(4, Operation.CasConfig, "1", "2").Fails("PRECONDITION_FAILED").Config(5, Operation.CasConfig, "1", "3").Config(5, Operation.ReadConfig, null, "2")
            .Commit(6, 5).Committed(7, 5).Committed(7, null, partition: 1).Invoke(8, Operation.Commit, Offsets(9));

        Golden.Matches("registers.jsonl", Write(writer => IntervalExporter.Export(script.Events, writer)));
    }

    [Fact]
    public void Every_operation_of_a_long_history_is_exported_in_balance()
    {
        IReadOnlyList<HistoryEvent> events = ModelHistory.Generate(new ModelOptions { Seed = 3, Operations = 5_000 });

        string edn = Write(writer => JepsenExporter.Export(events, writer));

        string[] lines = [.. edn.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => line[0] == '{')];
        Assert.Equal(lines.Count(static line => line.Contains(":type :invoke", StringComparison.Ordinal)), lines.Count(static line => !line.Contains(":type :invoke", StringComparison.Ordinal)));
        Assert.All(lines, static line => Assert.Equal(line.Count(static letter => letter is '[' or '{'), line.Count(static letter => letter is ']' or '}')));
        Assert.Equal(events.Count(static next => next is { Type: EventType.Ok, Operation: Operation.Send }), lines.Count(static line => line.Contains(":type :ok", StringComparison.Ordinal) && line.Contains(":f :send", StringComparison.Ordinal)));
    }

    private static string Write(Action<TextWriter> export)
    {
        using StringWriter writer = new();
        export(writer);
        return writer.ToString();
    }
}
