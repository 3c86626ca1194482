using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using GoQueue.History.Events;

namespace GoQueue.History.Format;

/// <summary>
/// Writes a history to a stream, one line per event, each handed to the operating system before <see cref="Record"/> returns: what a killed harness
/// recorded is there. Threads take turns, so indexes follow the lines and no line is torn by another.
/// </summary>
public sealed class HistoryWriter : IHistoryRecorder, IDisposable
{
    private readonly Lock guard = new();
    private readonly Stream stream;
    private readonly Func<long> nanos;
    private readonly ArrayBufferWriter<byte> line = new();
    private long next;
    private int processes;
    private bool isComplete;

    /// <param name="stream">Owned by the writer from here on. Its writes must reach the operating system (no buffer of its own, or flushed by the writer).</param>
    /// <param name="nanos">Nanoseconds since the start of the run, monotonic; null for the stopwatch of this process, started now.</param>
    public HistoryWriter(Stream stream, RunDescription run, Func<long>? nanos = null)
    {
        this.stream = stream;
        Stopwatch watch = Stopwatch.StartNew();
        this.nanos = nanos ?? (() => (long)watch.Elapsed.TotalNanoseconds);
        Put(JsonSerializer.SerializeToUtf8Bytes(new HeaderLine { Format = HistoryFormat.Name, Version = HistoryFormat.Version, Run = run }, HistoryJson.Default.HeaderLine));
    }

    /// <summary>Creates the file; one that exists is an error, histories are never overwritten.</summary>
    public static HistoryWriter Create(string path, RunDescription run, Func<long>? nanos = null) =>
        new(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0), run, nanos);

    /// <summary>Nanoseconds since the start of the run: the clock of the events, for due times.</summary>
    public long Now => nanos();

    /// <summary>Events written.</summary>
    public long Count
    {
        get
        {
            lock (guard)
            {
                return next;
            }
        }
    }

    public HistoryEvent Record(int process, EventType type, Operation operation, OperationValue value, string? error = null, string? node = null, IReadOnlyDictionary<string, string>? extra = null)
    {
        HistoryEvent content = new() { Index = 0, Time = 0, Process = process, Type = type, Operation = operation, Value = value, Error = error, Node = node, Extra = extra };
        ReadOnlyMemory<byte> body = HistoryFormat.SerializeValue(content); // outside the turn: it is the long part
        lock (guard)
        {
            ObjectDisposedException.ThrowIf(isComplete, this);
            long time = nanos();
            line.ResetWrittenCount();
            HistoryFormat.Write(line, next, time, content, body);
            if (line.WrittenCount > HistoryFormat.MaxLineBytes)
            {
                throw new ArgumentException($"the line of this {operation.Name()} has {line.WrittenCount} bytes, at most {HistoryFormat.MaxLineBytes} are allowed: split it", nameof(value));
            }

            Put(line.WrittenSpan);
            return content with { Index = next++, Time = time };
        }
    }

    public int NewProcess() => Interlocked.Increment(ref processes) - 1;

    /// <summary>Writes the last line. Without it the file counts as cut off.</summary>
    public void Complete()
    {
        lock (guard)
        {
            if (!isComplete)
            {
                Put(JsonSerializer.SerializeToUtf8Bytes(new EndLine { End = true, Events = next }, HistoryJson.Default.EndLine));
                isComplete = true;
            }
        }
    }

    /// <summary>Closes the file as it is; <see cref="Complete"/> first when the run came to its end.</summary>
    public void Dispose()
    {
        lock (guard)
        {
            isComplete = true;
            stream.Dispose();
        }
    }

    /// <summary>Text and line feed in one write: a crash between two writes would join two lines.</summary>
    private void Put(ReadOnlySpan<byte> text)
    {
        byte[] whole = ArrayPool<byte>.Shared.Rent(text.Length + 1);
        text.CopyTo(whole);
        whole[text.Length] = (byte)'\n';
        stream.Write(whole, 0, text.Length + 1);
        stream.Flush();
        ArrayPool<byte>.Shared.Return(whole);
    }
}
