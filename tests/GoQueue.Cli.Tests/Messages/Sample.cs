using GoQueue.Cli.Messages;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Cli.Tests.Messages;

/// <summary>A message as a consumer sees it: encoded into a record batch and read back from it.</summary>
internal sealed record Sample
{
    public byte[]? Key { get; init; } = "key"u8.ToArray();

    public byte[]? Value { get; init; } = "value"u8.ToArray();

    public RecordHeader[] Headers { get; init; } = [RecordHeader.OfText("trace", "abc"), RecordHeader.OfText("empty", string.Empty)];

    public delegate void Use(in PrintedMessage message);

    public void Print(Use use)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(lane: PriorityLane.High);
        Assert.True(builder.TryAppend(new UnixMillis(1_769_860_800_250), Key, Key is null, Value, Value is null, Headers, 1 << 20));
        SharedBuffer batch = builder.Build();
        foreach (GoQueue.Core.Records.Record record in RecordBatchReader.Open(batch.Span, RecordReadLimits.Default, out _))
        {
            use(new PrintedMessage
            {
                Topic = "orders",
                Partition = 2,
                Offset = 41,
                Timestamp = record.Timestamp.Value,
                Key = record.Key,
                KeyIsNull = record.KeyIsNull,
                Value = record.Value,
                ValueIsNull = record.ValueIsNull,
                Headers = record.Headers,
                Priority = PriorityLane.High,
            });
        }

        batch.Release();
    }
}
