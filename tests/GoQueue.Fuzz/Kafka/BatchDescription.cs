using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Kafka;

/// <summary>
/// Everything a record batch says, as JSON that programs in other languages can write and compare. 64-bit numbers are strings, because
/// JavaScript cannot hold them; bytes are base64 and null is null.
/// </summary>
public sealed record BatchDescription
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    public required string BaseOffset { get; init; }

    public required int LeaderEpoch { get; init; }

    public required int Compression { get; init; }

    public required int Lane { get; init; }

    public required bool IsTransactional { get; init; }

    public required bool IsControl { get; init; }

    public required int LastOffsetDelta { get; init; }

    public required string BaseTimestamp { get; init; }

    public required string MaxTimestamp { get; init; }

    public required string ProducerId { get; init; }

    public required int ProducerEpoch { get; init; }

    public required int BaseSequence { get; init; }

    public required IReadOnlyList<RecordDescription> Records { get; init; }

    /// <summary>Reads a batch with all of our checks. An error instead when one of them refuses it.</summary>
    public static Result<BatchDescription> Of(ReadOnlySpan<byte> batch)
    {
        Error? error = RecordBatchValidator.Validate(batch, int.MaxValue, RecordBatchKinds.Transactional | RecordBatchKinds.Control)
            ?? RecordBatchValidator.ValidateRecords(batch, RecordReadLimits.Default);
        if (error is not null)
        {
            return error.Value;
        }

        List<RecordDescription> records = [];
        foreach (Record record in RecordBatchReader.Open(batch, RecordReadLimits.Default, out _))
        {
            records.Add(RecordDescription.Of(record));
        }

        RecordBatchHeader header = new(batch);
        return new BatchDescription
        {
            BaseOffset = Text(header.BaseOffset.Value),
            LeaderEpoch = header.LeaderEpoch.Value,
            Compression = (int)header.Compression,
            Lane = (int)header.Lane,
            IsTransactional = header.IsTransactional,
            IsControl = header.IsControl,
            LastOffsetDelta = header.LastOffsetDelta,
            BaseTimestamp = Text(header.BaseTimestamp.Value),
            MaxTimestamp = Text(header.MaxTimestamp.Value),
            ProducerId = Text(header.ProducerId.Value),
            ProducerEpoch = header.ProducerEpoch,
            BaseSequence = header.BaseSequence,
            Records = records,
        };
    }

    public static BatchDescription Parse(string json) => JsonSerializer.Deserialize<BatchDescription>(json, Json) ?? throw new JsonException("null is no batch");

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    internal static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One record of a <see cref="BatchDescription"/>.</summary>
public sealed record RecordDescription
{
    public required string Offset { get; init; }

    public required string Timestamp { get; init; }

    public required string? Key { get; init; }

    public required string? Value { get; init; }

    /// <summary>Pairs of key and base64 value, in order.</summary>
    public required IReadOnlyList<string?[]> Headers { get; init; }

    public static RecordDescription Of(in Record record)
    {
        List<string?[]> headers = [];
        foreach (RecordHeaderView header in record.Headers)
        {
            headers.Add([Encoding.UTF8.GetString(header.Key), header.ValueIsNull ? null : Convert.ToBase64String(header.Value)]);
        }

        return new RecordDescription
        {
            Offset = BatchDescription.Text(record.Offset.Value),
            Timestamp = BatchDescription.Text(record.Timestamp.Value),
            Key = record.KeyIsNull ? null : Convert.ToBase64String(record.Key),
            Value = record.ValueIsNull ? null : Convert.ToBase64String(record.Value),
            Headers = headers,
        };
    }
}
