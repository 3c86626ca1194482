using System.Buffers;
using GoQueue.Contracts.V1;
using GoQueue.Server.Grpc.Publishing;
using GoQueue.Server.Grpc.Wire;
using Google.Protobuf;

namespace GoQueue.Server.Tests.Grpc;

/// <summary>The hand-written wire form against the generated one, on random messages, random cuts and random damage.</summary>
public sealed class GrpcWireTests
{
    [Fact]
    public void Stream_requests_parse_as_the_generated_parser_does_however_they_are_cut()
    {
        Random random = new(1);
        for (int round = 0; round < 2000; round++)
        {
            PublishStreamRequest first = RandomRequest(random);
            PublishStreamRequest second = RandomRequest(random);
            byte[] bytes = [.. first.ToByteArray(), .. Unknown(random), .. second.ToByteArray()]; // later fields override earlier ones
            PublishStreamRequest expected = PublishStreamRequest.Parser.ParseFrom(bytes);
            Assert.True(PublishStreamRequestParser.TryParse(Cut(bytes, random), out PublishStreamRequestParser parsed));
            Assert.Equal(expected.CorrelationId, parsed.CorrelationId);
            Assert.Equal(expected.Topic, System.Text.Encoding.UTF8.GetString(parsed.Topic.ToArray()));
            Assert.Equal(expected.Partition, parsed.Partition);
            Assert.Equal((int)expected.Acks, parsed.Acks);
            Assert.Equal(expected.Batch.ToByteArray(), parsed.Batch.ToArray());
        }
    }

    [Fact]
    public void Damaged_stream_requests_are_refused_exactly_when_the_generated_parser_refuses_them()
    {
        Random random = new(2);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. RandomRequest(random).ToByteArray(), .. Unknown(random)];
            for (int damage = random.Next(1, 4); damage > 0 && bytes.Length > 0; damage--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            bool isGood = Parses(bytes, out bool isOnlyText);
            if (!isOnlyText) // names that are not UTF-8 get an answer of their own here
            {
                Assert.True(isGood == PublishStreamRequestParser.TryParse(Cut(bytes, random), out _), $"{isGood} by the generated parser: {Convert.ToHexString(bytes)}");
            }
        }
    }

    [Fact]
    public void Damaged_publish_requests_never_throw()
    {
        Random random = new(3);
        PublishRequestParser parser = new();
        for (int round = 0; round < 20_000; round++)
        {
            PublishRequest request = new() { Topic = "t", Acks = Acks.All };
            request.Messages.Add(new Message { Key = RandomBytes(random, 8), Value = RandomBytes(random, 30), TimestampMs = random.NextInt64(), Headers = { new Header { Key = "h", Value = RandomBytes(random, 4) } } });
            byte[] bytes = request.ToByteArray();
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            bool parsed = parser.TryParse(new ReadOnlySequence<byte>(bytes[..random.Next(bytes.Length + 1)]), 10);
            Assert.True(parsed || parser.Messages.Count <= 1);
        }
    }

    [Fact]
    public void Sizes_and_bytes_of_numbers_are_those_of_the_generated_writer()
    {
        foreach (ulong value in (ulong[])[0, 1, 127, 128, 16383, 16384, uint.MaxValue, 1UL << 35, long.MaxValue, ulong.MaxValue])
        {
            byte[] expected = new PublishStreamRequest { CorrelationId = value }.ToByteArray();
            byte[] written = new byte[WireSize.UInt64(value)];
            WireWriter writer = new(written);
            writer.UInt64(1, value);
            Assert.Equal(expected, written);
            Assert.Equal(written.Length, writer.Written);
        }
    }

    private static bool Parses(byte[] bytes, out bool isOnlyText)
    {
        isOnlyText = false;
        try
        {
            PublishStreamRequest.Parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException malformed)
        {
            isOnlyText = malformed.Message.Contains("UTF-8", StringComparison.Ordinal);
            return false;
        }
    }

    private static PublishStreamRequest RandomRequest(Random random) => new()
    {
        CorrelationId = (ulong)random.NextInt64() >> random.Next(64),
        Topic = random.Next(2) == 0 ? "" : $"topic-{random.Next(100)}",
        Partition = random.Next(3) == 0 ? -random.Next() : random.Next(1000),
        Acks = (Acks)random.Next(5),
        Batch = RandomBytes(random, 300),
    };

    private static ByteString RandomBytes(Random random, int max)
    {
        byte[] bytes = new byte[random.Next(max)];
        random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }

    private static byte[] Unknown(Random random) => random.Next(4) switch
    {
        0 => [0xB3, 0x06, 0x08, 0x01, 0x13, 0x12, 0x02, 0x01, 0x02, 0x14, 0xB4, 0x06], // group 102 { varint; group 2 { bytes } }
        1 => [0xBD, 0x06, 1, 2, 3, 4],
        2 => [0xC1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xF8, 0x06, 0xFF, 0x01],
        _ => [],
    };

    private static ReadOnlySequence<byte> Cut(byte[] bytes, Random random)
    {
        Segment first = new(ReadOnlyMemory<byte>.Empty, null);
        Segment last = first;
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, random.Next(1, 40));
            last = new Segment(bytes.AsMemory(at, length), last);
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            RunningIndex = previous is null ? 0 : previous.RunningIndex + previous.Memory.Length;
            if (previous is not null)
            {
                previous.Next = this;
            }
        }
    }
}
