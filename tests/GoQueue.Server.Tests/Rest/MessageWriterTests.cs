using System.Buffers;
using System.Text.Json;
using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Server.Rest;
using GoQueue.Server.Rest.Reading;

namespace GoQueue.Server.Tests.Rest;

public sealed class MessageWriterTests
{
    private static readonly UnixMillis Now = new(1_767_225_600_000);

    private readonly ArrayBufferWriter<byte> output = new();

    [Fact]
    public void State_records_are_skipped_and_the_next_offset_goes_beyond_them()
    {
        byte[] stored = [.. Messages(0, 2), .. Control(2), .. Messages(3, 1)];
        JsonElement answer = Write(stored, from: 0);
        Assert.Equal((long[])[0L, 1, 3], Offsets(answer));
        Assert.Equal(4, answer.GetProperty("nextOffset").GetInt64());
        answer = Write(Control(2), from: 2);
        Assert.Empty(Offsets(answer));
        Assert.Equal(3, answer.GetProperty("nextOffset").GetInt64());
    }

    [Fact]
    public void The_limit_ends_the_answer_within_a_batch()
    {
        JsonElement answer = Write(Messages(10, 5), from: 11, limit: 2);
        Assert.Equal((long[])[11L, 12], Offsets(answer));
        Assert.Equal(13, answer.GetProperty("nextOffset").GetInt64());
    }

    [Fact]
    public void A_batch_that_cannot_be_decoded_is_named_with_the_place_to_go_on()
    {
        byte[] damaged = Messages(3, 2);
        damaged[^1] = 0x7F; // the header count of the last record
        using Utf8JsonWriter json = new(output, JsonReply.WriterOptions);
        MessageWriter writer = new(json, 0, Offset.Zero, Now, 100, 1 << 20);
        Error? error = WriteAll(writer, [.. Messages(0, 3), .. damaged]);
        Assert.Equal(ErrorCode.CorruptLog, error!.Value.Code);
        Assert.Contains("go on at 5", error.Value.Detail, StringComparison.Ordinal);
        Assert.Equal((3, 3L), (writer.Count, writer.Next.Value));
    }

    private JsonElement Write(byte[] batches, long from, int limit = 100)
    {
        output.ResetWrittenCount();
        using Utf8JsonWriter json = new(output, JsonReply.WriterOptions);
        MessageWriter writer = new(json, 0, new Offset(from), Now, limit, 1 << 20);
        Assert.Null(WriteAll(writer, batches));
        writer.Finish(new Offset(100), Offset.Zero, null);
        json.Flush();
        return JsonSerializer.Deserialize<JsonElement>(output.WrittenSpan);
    }

    private static long[] Offsets(JsonElement answer) => [.. answer.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("offset").GetInt64())];

    private static byte[] Messages(long baseOffset, int count)
    {
        using RecordBatchBuilder builder = new();
        for (int i = 0; i < count; i++)
        {
            Assert.True(builder.TryAppend(Now, "k"u8, "v"u8, 1 << 20));
        }

        return Stamped(builder, baseOffset);
    }

    private static byte[] Control(long baseOffset)
    {
        using RecordBatchBuilder builder = new();
        builder.Reset(isControl: true);
        Assert.True(builder.TryAppendControl(Now, new ControlRecordKey(0, 100), "state"u8, 1 << 20));
        return Stamped(builder, baseOffset);
    }

    private static byte[] Stamped(RecordBatchBuilder builder, long baseOffset)
    {
        using SharedBuffer batch = builder.Build();
        RecordBatchHeader.Stamp(batch.Span, new Offset(baseOffset), LeaderEpoch.Zero);
        return batch.Span.ToArray();
    }

    private static Error? WriteAll(MessageWriter writer, ReadOnlySpan<byte> batches)
    {
        while (batches.Length > 0)
        {
            if (writer.WriteFirst(batches, out int length) is { } error)
            {
                return error;
            }

            batches = batches[length..];
        }

        return null;
    }
}
