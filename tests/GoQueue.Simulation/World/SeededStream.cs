using System.Numerics;

namespace GoQueue.Simulation.World;

/// <summary>
/// One stream of pseudo-random numbers (xoshiro256**, seeded through splitmix64). Each concern has its own, so that a change in how one concern
/// draws does not shift what the others get from the same seed.
/// </summary>
internal sealed class SeededStream
{
    private ulong s0;
    private ulong s1;
    private ulong s2;
    private ulong s3;

    public SeededStream(ulong seed, string concern)
    {
        // FNV-1a over the name: string.GetHashCode differs from process to process.
        ulong state = 14695981039346656037UL;
        foreach (char letter in concern)
        {
            state = (state ^ letter) * 1099511628211UL;
        }

        state ^= seed * 0x9E3779B97F4A7C15UL;
        s0 = SplitMix(ref state);
        s1 = SplitMix(ref state);
        s2 = SplitMix(ref state);
        s3 = SplitMix(ref state);
    }

    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        ulong shifted = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= shifted;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Both ends included.</summary>
    public long Between(long least, long most) => least + (long)Math.BigMul(Next(), (ulong)(most - least + 1), out _);

    public TimeSpan Between(TimeSpan least, TimeSpan most) => new(Between(least.Ticks, most.Ticks));

    /// <summary>True that many times in a million.</summary>
    public bool PerMillion(int chances) => Below(1_000_000) < chances;

    public bool Coin() => (Next() & 1) != 0;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, Next());
        BitConverter.TryWriteBytes(bytes[8..], Next());
        return new Guid(bytes);
    }

    /// <summary>The stream as the framework's type, for production code that takes one.</summary>
    public Random AsRandom() => new StreamRandom(this);

    private static ulong SplitMix(ref ulong state)
    {
        ulong mixed = state += 0x9E3779B97F4A7C15UL;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }

    private sealed class StreamRandom(SeededStream stream) : Random
    {
        public override int Next() => (int)(stream.Next() >> 33);

        public override int Next(int maxValue) => maxValue <= 1 ? 0 : stream.Below(maxValue);

        public override int Next(int minValue, int maxValue) => maxValue <= minValue + 1 ? minValue : (int)stream.Between(minValue, maxValue - 1L);

        public override long NextInt64() => (long)(stream.Next() >> 1);

        public override long NextInt64(long maxValue) => maxValue <= 1 ? 0 : stream.Between(0, maxValue - 1);

        public override long NextInt64(long minValue, long maxValue) => maxValue <= minValue + 1 ? minValue : stream.Between(minValue, maxValue - 1);

        public override double NextDouble() => (stream.Next() >> 11) * (1.0 / (1UL << 53));

        public override float NextSingle() => (float)NextDouble();

        public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

        public override void NextBytes(Span<byte> buffer)
        {
            for (int i = 0; i < buffer.Length; i++)
            {
                buffer[i] = (byte)stream.Next();
            }
        }

        protected override double Sample() => NextDouble();
    }
}
