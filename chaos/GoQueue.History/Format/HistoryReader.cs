using System.Text.Json;
using GoQueue.History.Events;

namespace GoQueue.History.Format;

/// <summary>
/// Reads a history line by line: a file of any length in the memory of its longest line. What cannot be read is skipped and told of in
/// <see cref="Problems"/>; any problem makes the verdict unknown at best.
/// </summary>
public sealed class HistoryReader : IDisposable
{
    /// <summary>Problems kept; of the rest only <see cref="ProblemCount"/> tells.</summary>
    public const int MaxProblems = 50;

    private readonly BoundedLines lines;
    private readonly List<HistoryProblem> problems = [];
    private bool wasRead;

    private HistoryReader(Stream stream, int maxLineBytes)
    {
        lines = new BoundedLines(stream, maxLineBytes);
        Run = ReadHeader();
    }

    /// <summary>The first line; null when it is none of ours: then there are no events.</summary>
    public RunDescription? Run { get; }

    /// <summary>The last line was there and right. Known when all events have been read.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>In the order of the lines, at most <see cref="MaxProblems"/>. Complete when all events have been read.</summary>
    public IReadOnlyList<HistoryProblem> Problems => problems;

    public long ProblemCount { get; private set; }

    public static HistoryReader Open(string path, int maxLineBytes = HistoryFormat.MaxLineBytes) =>
        new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16, FileOptions.SequentialScan), maxLineBytes);

    /// <param name="stream">Owned by the reader from here on.</param>
    public static HistoryReader Open(Stream stream, int maxLineBytes = HistoryFormat.MaxLineBytes) => new(stream, maxLineBytes);

    /// <summary>The events, once. Their order and pairing is the checker's business.</summary>
    public IEnumerable<HistoryEvent> Events()
    {
        if (wasRead)
        {
            throw new InvalidOperationException("a history is read once");
        }

        wasRead = true;
        if (Run is null)
        {
            yield break;
        }

        long count = 0;
        EndLine? end = null;
        while (lines.MoveNext())
        {
            if (end is not null)
            {
                Add(ProblemKind.WrongEnd, "there are lines behind the last one: two histories in one file? They are not judged");
                yield break;
            }

            if (lines.IsTooLong)
            {
                count++;
                Add(ProblemKind.LongLine, $"longer than {lines.MaxBytes} bytes; the event is not judged");
                continue;
            }

            HistoryEvent? read = ParseLine(ref end);
            if (read is not null)
            {
                count++;
                yield return read;
            }
            else if (end is null)
            {
                count++;
            }
        }

        Close(end, count);
    }

    public void Dispose() => lines.Dispose();

    private void Close(EndLine? end, long count)
    {
        if (end is null)
        {
            Add(ProblemKind.CutOff, "the history ends without its last line: the harness was stopped, or the file was cut off; it is judged as far as it goes");
        }
        else if (end.Events != count)
        {
            Add(ProblemKind.WrongEnd, $"the last line counts {end.Events} events, there are {count}");
        }
        else
        {
            IsComplete = true;
        }
    }

    private HistoryEvent? ParseLine(ref EndLine? end)
    {
        try
        {
            if (lines.Current.StartsWith("{\"end\":"u8))
            {
                end = JsonSerializer.Deserialize(lines.Current, HistoryJson.Default.EndLine);
                return null;
            }

            return HistoryFormat.Parse(lines.Current, lines.Number);
        }
        catch (UnknownOperationException exception)
        {
            Add(ProblemKind.UnknownOperation, $"operation '{exception.Name}' is not known to this version; the event is not judged");
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            Add(
                lines.IsUnended ? ProblemKind.TornEnd : ProblemKind.BrokenLine,
                lines.IsUnended
                    ? "the last line is torn; the event is not judged"
                    : $"no event: {exception.Message} Torn, or written by two at once? It is not judged");
        }

        return null;
    }

    private RunDescription? ReadHeader()
    {
        string? why = null;
        try
        {
            if (!lines.MoveNext())
            {
                why = "the file is empty";
            }
            else if (lines.IsTooLong)
            {
                why = "the first line is too long";
            }
            else
            {
                HeaderLine? header = JsonSerializer.Deserialize(lines.Current, HistoryJson.Default.HeaderLine);
                if (header is { Format: HistoryFormat.Name, Version: HistoryFormat.Version })
                {
                    return header.Run;
                }

                why = header?.Format == HistoryFormat.Name ? $"version {header.Version} is not known, only {HistoryFormat.Version}" : "the first line is of another format";
            }
        }
        catch (JsonException exception)
        {
            why = exception.Message;
        }

        Add(ProblemKind.NoHistory, $"not a history of format {HistoryFormat.Name} {HistoryFormat.Version}: {why}");
        return null;
    }

    private void Add(ProblemKind kind, string message)
    {
        ProblemCount++;
        if (problems.Count < MaxProblems)
        {
            problems.Add(new HistoryProblem(kind, lines.Number, message));
        }
    }
}
