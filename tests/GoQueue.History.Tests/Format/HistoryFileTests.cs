using System.Text;
using GoQueue.History.Events;
using GoQueue.History.Format;

namespace GoQueue.History.Tests.Format;

public sealed class HistoryFileTests
{
    public static TheoryData<Operation> AllOperations => [.. Operations.All];

    [Theory]
    [MemberData(nameof(AllOperations))]
    public void An_event_of_every_operation_is_read_as_it_was_written(Operation operation)
    {
        HistoryEvent written = SampleEvents.Of(operation, 5);

        string line = HistoryFormat.Line(written);
        HistoryEvent read = HistoryFormat.Parse(Encoding.UTF8.GetBytes(line), 6);

        Assert.Equal(line, HistoryFormat.Line(read));
        Assert.Equal(6, read.Line);
        Assert.Equal(operation, read.Operation);
        Assert.DoesNotContain("\n", line);
    }

    [Fact]
    public void The_table_of_operations_follows_the_enumeration() => Assert.Equal(Enum.GetValues<Operation>(), Operations.All);

    [Fact]
    public void The_format_is_that_of_the_golden_file()
    {
        MemoryStream stream = new();
        long time = 0;
        using (HistoryWriter writer = new(stream, SampleEvents.Run, () => time += 1_000))
        {
            foreach (Operation operation in Operations.All)
            {
                HistoryEvent sample = SampleEvents.Of(operation, (long)operation);
                writer.Record(3, sample.Type, operation, sample.Value, sample.Error, sample.Node, sample.Extra);
            }

            writer.Complete();
        }

        Golden.Matches("every-operation.jsonl", Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public async Task Lines_of_many_threads_are_whole_and_their_indexes_follow_them()
    {
        MemoryStream stream = new();
        using (HistoryWriter writer = new(stream, SampleEvents.Run))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            {
                int process = writer.NewProcess();
                for (int i = 0; i < 500; i++)
                {
                    writer.Invoke(process, Operation.Send, SampleEvents.ValueOf(Operation.Send));
                    writer.Ok(process, Operation.Send, SampleEvents.ValueOf(Operation.Send));
                }
            })));
            writer.Complete();
        }

        using HistoryReader reader = HistoryReader.Open(new MemoryStream(stream.ToArray()));
        List<HistoryEvent> events = [.. reader.Events()];

        Assert.Empty(reader.Problems);
        Assert.True(reader.IsComplete);
        Assert.Equal(Enumerable.Range(0, 8000).Select(static i => (long)i), events.Select(static read => read.Index));
        Assert.Equal(events.OrderBy(static read => read.Time), events);
        Assert.Equal(Enumerable.Range(0, 8), events.Select(static read => read.Process).Distinct().Order());
    }

    [Fact]
    public void What_was_recorded_is_in_the_file_before_the_call_returns()
    {
        string path = Path.Combine(Path.GetTempPath(), $"history-{Guid.NewGuid():N}.jsonl");
        try
        {
            using HistoryWriter writer = HistoryWriter.Create(path, SampleEvents.Run);
            for (int i = 0; i < 3; i++)
            {
                writer.Invoke(0, Operation.Phase, SampleEvents.ValueOf(Operation.Phase));

                using HistoryReader reader = HistoryReader.Open(path);
                Assert.Equal(i + 1, reader.Events().Count());
                Assert.Equal(ProblemKind.CutOff, Assert.Single(reader.Problems).Kind);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_exists_is_not_overwritten()
    {
        string path = Path.GetTempFileName();
        Assert.Throws<IOException>(() => HistoryWriter.Create(path, SampleEvents.Run));
        File.Delete(path);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_read_as_far_as_it_goes_and_says_so()
    {
        byte[] whole = Whole(20);
        int header = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = header; length < whole.Length - 1; length += 7)
        {
            using HistoryReader reader = HistoryReader.Open(new MemoryStream(whole[..length]));
            List<HistoryEvent> events = [.. reader.Events()];

            Assert.False(reader.IsComplete);
            Assert.Equal(ProblemKind.CutOff, reader.Problems[^1].Kind);
            Assert.InRange(reader.Problems.Count, 1, 2);
            Assert.Equal(Enumerable.Range(0, events.Count).Select(static i => (long)i), events.Select(static read => read.Index));
        }
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{}\n", "required")]
    [InlineData("<html>\n", "'<'")]
    [InlineData("""{"format":"other","version":1,"run":null}""", "another format")]
    [InlineData("""{"format":"goqueue-history","version":2,"run":null}""", "version 2")]
    public void What_is_no_history_is_refused_with_a_reason(string text, string reason)
    {
        using HistoryReader reader = HistoryReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)));

        Assert.Empty(reader.Events());
        HistoryProblem problem = Assert.Single(reader.Problems);
        Assert.Equal(ProblemKind.NoHistory, problem.Kind);
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"phase","val{"index":1,"time":1""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"phase","value":{"phase":"done"}}{"index":1}""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"maybe","f":"phase","value":{"phase":"done"}}""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"phase","value":{"phase":"later"}}""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"phase","value":null}""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"phase"}""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"send","value":{"topic":"t","records":[[1,"x"]]}}""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"send","value":{"topic":"t","records":[[1,"1-1",{]]}}""", ProblemKind.BrokenLine)]
    [InlineData("""{"index":"0","time":1,"process":0,"type":"ok","f":"phase","value":{"phase":"done"}}""", ProblemKind.BrokenLine)]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ProblemKind.BrokenLine)]
    [InlineData("", ProblemKind.BrokenLine)]
    [InlineData("""{"index":0,"time":1,"process":0,"type":"ok","f":"teleport","value":{}}""", ProblemKind.UnknownOperation)]
    public void A_line_that_is_no_event_is_passed_over_and_told_of_with_its_number(string line, ProblemKind kind)
    {
        string[] lines = Encoding.UTF8.GetString(Whole(3)).Split('\n');
        lines[2] = line;
        using HistoryReader reader = HistoryReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

        Assert.Equal([0L, 2], reader.Events().Select(static read => read.Index));
        HistoryProblem problem = Assert.Single(reader.Problems);
        Assert.Equal((kind, 3), (problem.Kind, problem.Line));
    }

    [Fact]
    public void A_line_beyond_the_bound_is_passed_over_in_little_memory()
    {
        string[] lines = Encoding.UTF8.GetString(Whole(3)).Split('\n');
        lines[2] = new string('x', 300_000);
        using HistoryReader reader = HistoryReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines))), maxLineBytes: 2_000);

        Assert.Equal([0L, 2], reader.Events().Select(static read => read.Index));
        HistoryProblem problem = Assert.Single(reader.Problems);
        Assert.Equal((ProblemKind.LongLine, 3), (problem.Kind, problem.Line));
    }

    [Fact]
    public void An_event_that_would_be_too_long_is_refused_to_its_writer()
    {
        using HistoryWriter writer = new(new MemoryStream(), SampleEvents.Run);
        PhaseValue phase = new() { Phase = RunPhase.Done };

        Assert.Throws<ArgumentException>(() => writer.Record(0, EventType.Ok, Operation.Phase, phase, error: new string('x', HistoryFormat.MaxLineBytes)));
        Assert.Throws<ArgumentException>(() => writer.Observe(Operation.Nemesis, phase));
        Assert.Equal(0, writer.Observe(Operation.Phase, phase).Index);
    }

    [Fact]
    public void Lines_behind_the_last_one_and_a_wrong_count_are_told_of()
    {
        string text = Encoding.UTF8.GetString(Whole(3));
        using HistoryReader twice = HistoryReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(text + text)));
        Assert.Equal(3, twice.Events().Count());
        Assert.Equal(ProblemKind.WrongEnd, Assert.Single(twice.Problems).Kind);

        using HistoryReader wrong = HistoryReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(text.Replace("\"events\":3", "\"events\":4", StringComparison.Ordinal))));
        Assert.Equal(3, wrong.Events().Count());
        Assert.Equal(ProblemKind.WrongEnd, Assert.Single(wrong.Problems).Kind);
        Assert.False(wrong.IsComplete);
    }

    [Fact]
    public void Problems_are_counted_and_only_the_first_are_kept()
    {
        string first = Encoding.UTF8.GetString(Whole(0)).Split('\n')[0];
        using HistoryReader reader = HistoryReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(first + string.Concat(Enumerable.Repeat("\nx", 1000)))));

        Assert.Empty(reader.Events());
        Assert.Equal(HistoryReader.MaxProblems, reader.Problems.Count);
        Assert.Equal(1001, reader.ProblemCount);
    }

    private static byte[] Whole(int events)
    {
        MemoryStream stream = new();
        using HistoryWriter writer = new(stream, SampleEvents.Run);
        for (int i = 0; i < events; i++)
        {
            writer.Observe(Operation.FinalRead, SampleEvents.ValueOf(Operation.FinalRead));
        }

        writer.Complete();
        return stream.ToArray();
    }
}
