using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Fuzz.Targets;

/// <summary>Varints of both widths, one after the other. What was read must read the same from its shortest form.</summary>
internal sealed class VarintTarget : IFuzzTarget
{
    public string Name => "varint";

    public long MaxAllocatedBytes => 0;

    public IEnumerable<byte[]> Seeds { get; } =
    [
        [],
        [0],
        [0xff, 0xff, 0xff, 0xff, 0x0f],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        Span<byte> shortest = stackalloc byte[Varint.MaxLongBytes];
        for (int at = 0; at < input.Length; at++)
        {
            if (Varint.TryRead(input[at..], out int value, out int consumed))
            {
                Invariant.Check(consumed is > 0 and <= Varint.MaxIntBytes && consumed <= input.Length - at, "a varint ends within its bounds");
                int size = Varint.Write(shortest, value);
                Invariant.Check(size <= consumed && size == Varint.SizeOf(value), "the written form is the shortest");
                Invariant.Check(Varint.TryRead(shortest[..size], out int again, out _) && again == value, "a varint reads back");
            }

            if (Varint.TryRead(input[at..], out long wide, out consumed))
            {
                Invariant.Check(consumed is > 0 and <= Varint.MaxLongBytes && consumed <= input.Length - at, "a varlong ends within its bounds");
                int size = Varint.Write(shortest, wide);
                Invariant.Check(size <= consumed && size == Varint.SizeOf(wide), "the written form is the shortest");
                Invariant.Check(Varint.TryRead(shortest[..size], out long again, out _) && again == wide, "a varlong reads back");
            }
        }
    }
}
