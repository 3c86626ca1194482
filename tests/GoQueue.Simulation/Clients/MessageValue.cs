using System.Buffers.Binary;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Simulation.Clients;

/// <summary>The body of every simulated message: who sent it and the how-manieth it is, so that no two are alike and none is guessed.</summary>
internal static class MessageValue
{
    public const int Size = 16;
    private const int KeysOfClient = 5;

    public static long Of(int client, long counter) => ((long)client << 40) | counter;

    public static int ClientOf(long value) => (int)(value >> 40);

    public static long CounterOf(long value) => value & ((1L << 40) - 1);

    /// <summary>As a text: who and which of its keys.</summary>
    public static string KeyOf(long value) => $"{ClientOf(value)}.{CounterOf(value) % KeysOfClient}";

    /// <summary>Where there are tombstones, this is one.</summary>
    public static bool IsTombstone(long value) => CounterOf(value) % 7 == 3;

    public static void Write(Span<byte> body, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(body, value);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], Check(value));
    }

    /// <summary>-1 when the body is not one that was ever written.</summary>
    public static long Read(ReadOnlySpan<byte> body)
    {
        if (body.Length != Size)
        {
            return -1;
        }

        long value = BinaryPrimitives.ReadInt64LittleEndian(body);
        return BinaryPrimitives.ReadInt64LittleEndian(body[8..]) == Check(value) ? value : -1;
    }

    /// <summary>As of a body; a tombstone says in a header who it is.</summary>
    public static long Read(in Record record)
    {
        if (!record.ValueIsNull)
        {
            return Read(record.Value);
        }

        return record.Headers.TryGetLast("v"u8, out RecordHeaderView header) ? Read(header.Value) : -1;
    }

    /// <summary>A batch of messages with consecutive values. Their keys come again and again; each key has one client.</summary>
    /// <param name="hasTombstones">Some of them delete what was last said of their key.</param>
    public static SharedBuffer Batch(
        RecordBatchBuilder builder, UnixMillis time, long firstValue, int count, ProducerId producer, short epoch, int sequence, bool hasTombstones = false)
    {
        Span<byte> body = stackalloc byte[Size];
        Span<byte> key = stackalloc byte[2];
        builder.Reset();
        for (int i = 0; i < count; i++)
        {
            long value = firstValue + i;
            Write(body, value);
            key[0] = (byte)ClientOf(value);
            key[1] = (byte)(CounterOf(value) % KeysOfClient);
            bool isTombstone = hasTombstones && IsTombstone(value);
            RecordHeader[] headers = isTombstone ? [new RecordHeader("v", body.ToArray())] : [];
            builder.TryAppend(time, key, keyIsNull: false, isTombstone ? [] : body, valueIsNull: isTombstone, headers, int.MaxValue);
        }

        return builder.Build(producer, epoch, sequence);
    }

    private static long Check(long value) => (value ^ 0x5DEECE66DL) * 0x2545F4914F6CDD1DL;
}
