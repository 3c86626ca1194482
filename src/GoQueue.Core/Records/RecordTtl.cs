using System.Buffers.Text;

namespace GoQueue.Core.Records;

/// <summary>
/// Time to live of a record: the header <c>goqueue-ttl-ms</c> holds decimal milliseconds counted from the record's timestamp. Whoever decodes
/// records for a consumer leaves expired ones out; the log itself keeps them until retention.
/// </summary>
public static class RecordTtl
{
    /// <summary>Name of the header.</summary>
    public const string HeaderName = "goqueue-ttl-ms";

    /// <summary>True when the record has lived its time. A value that is not a decimal number of 0 or more is ignored. Allocates nothing.</summary>
    public static bool IsExpired(in Record record, UnixMillis now)
    {
        return TryGet(record, out long ttlMillis)
            && !record.Timestamp.IsNone
            && ttlMillis <= now.Value - record.Timestamp.Value;
    }

    /// <summary>The record's time to live in milliseconds; false when it has none.</summary>
    public static bool TryGet(in Record record, out long ttlMillis)
    {
        ttlMillis = 0;
        return record.Headers.Count > 0
            && record.Headers.TryGetLast("goqueue-ttl-ms"u8, out RecordHeaderView header)
            && Utf8Parser.TryParse(header.Value, out ttlMillis, out int consumed)
            && consumed == header.Value.Length
            && ttlMillis >= 0;
    }
}
