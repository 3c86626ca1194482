using System.Text.Json;
using System.Text.Unicode;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Server.Rest.Publishing;

namespace GoQueue.Server.Rest.Reading;

/// <summary>
/// Writes the messages of a stretch of batches as JSON: skips state records, what lies below the asked offset and what has outlived its time
/// to live; stops at the limits. Text goes out as text, other bytes as base64.
/// </summary>
internal sealed class MessageWriter(Utf8JsonWriter json, int partition, Offset from, UnixMillis now, int limit, int maxBytes)
{
    private readonly HashSet<string> written = new(StringComparer.Ordinal);
    private long bytes;
    private bool hasBegun;

    public int Count { get; private set; }

    /// <summary>Where to go on reading.</summary>
    public Offset Next { get; private set; } = from;

    /// <summary>Leader epoch of the record before <see cref="Next"/>; null while nothing was passed.</summary>
    public LeaderEpoch? LastEpoch { get; private set; }

    /// <summary>The limits are reached: nothing more is written.</summary>
    public bool IsFull { get; private set; }

    /// <summary>
    /// Writes what the first batch of the run has, so that the caller can let go of it before the next. Answers the error of a batch that cannot
    /// be decoded; what was before it is written.
    /// </summary>
    /// <param name="length">Bytes of that batch; all that is left when no whole batch begins there.</param>
    public Error? WriteFirst(ReadOnlySpan<byte> batches, out int length)
    {
        RecordBatchSequence run = new(batches);
        if (!run.MoveNext())
        {
            length = batches.Length;
            return null;
        }

        length = run.Current.Length;
        return IsFull ? null : WriteBatch(run.Current);
    }

    /// <summary>Ends the answer; without any message it is written here from the start.</summary>
    /// <param name="last">Leader epoch of the record before <see cref="Next"/>; null leaves it out.</param>
    public void Finish(Offset highWatermark, Offset logStart, LeaderEpoch? last)
    {
        BeginOnce();
        json.WriteEndArray();
        json.WriteNumber("nextOffset"u8, Next.Value);
        if (last is { Value: >= 0 } epoch)
        {
            json.WriteNumber("lastEpoch"u8, epoch.Value);
        }

        json.WriteNumber("highWatermark"u8, highWatermark.Value);
        json.WriteNumber("logStartOffset"u8, logStart.Value);
        json.WriteEndObject();
    }

    private Error? WriteBatch(ReadOnlySpan<byte> batch)
    {
        RecordBatchHeader header = new(batch);
        if (header.NextOffset <= Next)
        {
            return null;
        }

        if (!header.IsControl)
        {
            using RecordBatchReader reader = RecordBatchReader.Open(batch, RecordReadLimits.Default, out Error? error);
            if (error is { } damage)
            {
                return new Error(ErrorCode.CorruptLog, $"the batch at offsets {header.BaseOffset} to {header.LastOffset} cannot be decoded ({damage.Detail}); go on at {header.NextOffset}");
            }

            foreach (Record record in reader)
            {
                if (record.Offset < Next)
                {
                    continue;
                }

                if (IsFull)
                {
                    return null;
                }

                if (!RecordTtl.IsExpired(record, now))
                {
                    WriteMessage(record, header.Lane);
                    bytes += record.Key.Length + record.Value.Length;
                    Count++;
                    IsFull = Count >= limit || bytes >= maxBytes;
                }

                (Next, LastEpoch) = (record.Offset.Next, header.LeaderEpoch);
            }
        }

        // Compaction may have taken the last records of the batch: the next offset is the header's word.
        (Next, LastEpoch) = IsFull ? (Next, LastEpoch) : (header.NextOffset, header.LeaderEpoch);
        return null;
    }

    /// <summary>Nothing is written before the first message, so that until then a problem can still be answered.</summary>
    private void BeginOnce()
    {
        if (!hasBegun)
        {
            hasBegun = true;
            json.WriteStartObject();
            json.WriteStartArray("messages"u8);
        }
    }

    private void WriteMessage(in Record record, PriorityLane lane)
    {
        BeginOnce();
        json.WriteStartObject();
        json.WriteNumber("partition"u8, partition);
        json.WriteNumber("offset"u8, record.Offset.Value);
        json.WriteNumber("timestamp"u8, record.Timestamp.Value);
        WriteBytes("key"u8, "keyBase64"u8, record.Key, record.KeyIsNull);
        WriteBytes("value"u8, "valueBase64"u8, record.Value, record.ValueIsNull);
        WriteHeaders(record.Headers);
        json.WriteString("priority"u8, PriorityNames.Of(lane));
        json.WriteEndObject();
    }

    private void WriteBytes(ReadOnlySpan<byte> name, ReadOnlySpan<byte> base64Name, ReadOnlySpan<byte> value, bool isNull)
    {
        if (isNull)
        {
            json.WriteNull(name);
        }
        else if (Utf8.IsValid(value))
        {
            json.WriteString(name, value);
        }
        else
        {
            json.WriteBase64String(base64Name, value);
        }
    }

    /// <summary>Headers as an object; a name that repeats gets the array of its values.</summary>
    private void WriteHeaders(RecordHeaders headers)
    {
        json.WriteStartObject("headers"u8);
        if (headers.Count == 1)
        {
            foreach (RecordHeaderView header in headers)
            {
                json.WritePropertyName(NameOf(header));
                WriteHeaderValue(header);
            }
        }
        else if (headers.Count > 1)
        {
            WriteSeveral(headers);
        }

        json.WriteEndObject();
    }

    private void WriteSeveral(RecordHeaders headers)
    {
        written.Clear();
        foreach (RecordHeaderView header in headers)
        {
            string name = NameOf(header);
            if (!written.Add(name))
            {
                continue;
            }

            json.WritePropertyName(name);
            int same = CountOf(headers, name);
            if (same == 1)
            {
                WriteHeaderValue(header);
                continue;
            }

            json.WriteStartArray();
            foreach (RecordHeaderView repeat in headers)
            {
                if (NameOf(repeat) == name)
                {
                    WriteHeaderValue(repeat);
                }
            }

            json.WriteEndArray();
        }
    }

    private void WriteHeaderValue(in RecordHeaderView header)
    {
        if (header.ValueIsNull)
        {
            json.WriteNullValue();
        }
        else if (Utf8.IsValid(header.Value))
        {
            json.WriteStringValue(header.Value);
        }
        else
        {
            json.WriteStartObject();
            json.WriteBase64String("$base64"u8, header.Value);
            json.WriteEndObject();
        }
    }

    private static int CountOf(RecordHeaders headers, string name)
    {
        int count = 0;
        foreach (RecordHeaderView header in headers)
        {
            count += NameOf(header) == name ? 1 : 0;
        }

        return count;
    }

    /// <summary>Names that are not UTF-8, which only raw batches can carry, come out with replacement characters.</summary>
    private static string NameOf(in RecordHeaderView header) => System.Text.Encoding.UTF8.GetString(header.Key);
}
