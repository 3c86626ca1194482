using System.Buffers.Binary;

namespace GoQueue.Fuzz;

/// <summary>Makes an input out of seeds. The same seed number and run number give the same bytes in every process, so a finding replays alone.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, int maxBytes)
{
    /// <summary>Values at which length and count checks go wrong.</summary>
    private static readonly long[] Edges =
        [0, 1, -1, 2, 7, 127, 128, 255, 256, -128, short.MaxValue, short.MinValue, 65535, 65536, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue];

    public byte[] Make(int seed, int run)
    {
        if (run < seeds.Count)
        {
            return seeds[run]; // the seeds themselves come first
        }

        Random random = new(unchecked((seed * 1_000_003) + run));
        if (random.Next(50) == 0)
        {
            byte[] noise = new byte[random.Next(Math.Min(maxBytes, 300))];
            random.NextBytes(noise);
            return noise;
        }

        List<byte> input = [.. seeds[random.Next(seeds.Count)]];
        int steps = 1 << random.Next(5);
        for (int i = 0; i < steps; i++)
        {
            Mutate(random, input);
        }

        return input.Count > maxBytes ? [.. input.Take(maxBytes)] : [.. input];
    }

    private void Mutate(Random random, List<byte> input)
    {
        int at = random.Next(input.Count + 1);
        int run = Math.Min(random.Next(1, 20), input.Count - at);
        switch (random.Next(9))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = (byte)random.Next(256);
                break;
            case 2 when at < input.Count:
                input[at] = unchecked((byte)(input[at] + random.Next(-3, 4)));
                break;
            case 3:
                WriteEdge(random, input, at);
                break;
            case 4:
                input.RemoveRange(at, run);
                break;
            case 5 when input.Count < maxBytes:
                input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, run));
                break;
            case 6 when input.Count < maxBytes:
                input.Insert(at, (byte)random.Next(256));
                break;
            case 7 when random.Next(4) == 0:
                input.RemoveRange(at, input.Count - at);
                break;
            case 8 when random.Next(4) == 0 && input.Count < maxBytes:
                byte[] other = seeds[random.Next(seeds.Count)];
                input.RemoveRange(at, input.Count - at);
                input.AddRange(other.Skip(random.Next(other.Length + 1)));
                break;
        }
    }

    private static void WriteEdge(Random random, List<byte> input, int at)
    {
        Span<byte> number = stackalloc byte[8];
        long value = random.Next(4) == 0 ? input.Count + random.Next(-20, 20) : Edges[random.Next(Edges.Length)];
        int width = 1 << random.Next(4);
        if (random.Next(4) == 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(number, value << (8 * (8 - width)));
        }

        for (int i = 0; i < width && at + i < input.Count; i++)
        {
            input[at + i] = number[i];
        }
    }
}
