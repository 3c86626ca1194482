using GoQueue.Core;

namespace GoQueue.Fuzz.Targets;

/// <summary>The laned checksum against a checksum byte by byte.</summary>
internal sealed class Crc32CTarget : IFuzzTarget
{
    public string Name => "crc32c";

    public IEnumerable<byte[]> Seeds { get; } = [[], new byte[100], new byte[3071], new byte[3072], new byte[3073], new byte[7000]];

    public void Run(ReadOnlySpan<byte> input)
    {
        uint byBytes = 0;
        foreach (ref readonly byte value in input)
        {
            byBytes = Crc32C.Append(byBytes, new ReadOnlySpan<byte>(in value));
        }

        Invariant.Check(byBytes == Crc32C.Compute(input), "lanes and single bytes give one checksum", byBytes, Crc32C.Compute(input));
    }
}
