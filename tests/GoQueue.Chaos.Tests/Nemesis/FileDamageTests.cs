using System.Buffers.Binary;
using GoQueue.Chaos.Nemesis;

namespace GoQueue.Chaos.Tests.Nemesis;

/// <summary>Damage proves itself by the bytes it wrote, not by a file that differs: the node writes into it meanwhile.</summary>
public sealed class FileDamageTests : IDisposable
{
    private const int HeaderBytes = 4096;
    private const int BatchBytes = 100;
    private readonly string data = Directory.CreateTempSubdirectory("goqueue-damage-").FullName;

    public static TheoryData<string> Ways => [.. Enum.GetNames<DamageHow>()];

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_is_in_use_is_changed(string how)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            string file = Segment($"a-{seed}", 3, 1);
            Segment($"b-{seed}", 3, 2);
            byte[] before = File.ReadAllBytes(file);

            FileChange change = FileDamage.Spoil(file, data, Enum.Parse<DamageHow>(how), new Random(seed));

            Assert.True(change.IsChanged, change.Words);
            Assert.NotEqual(before, File.ReadAllBytes(file));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_segment_that_nothing_was_written_to_yet_is_not_taken_for_damaged(string how)
    {
        string file = Segment("fresh", 0, 0);

        Assert.False(DataFiles.IsUsed(file));
        Assert.False(FileDamage.Spoil(file, data, Enum.Parse<DamageHow>(how), new Random(1)).IsChanged);
        Assert.False(FileDamage.Spoil(file + "-gone", data, Enum.Parse<DamageHow>(how), new Random(1)).IsChanged);
    }

    [Fact]
    public void Zeros_over_zeros_and_a_swap_with_the_same_bytes_are_no_damage()
    {
        string zeros = Path.Combine(data, "raft-state");
        File.WriteAllBytes(zeros, new byte[64]);
        string twin = Segment("one", 2, 5);
        File.Copy(twin, Path.Combine(data, "other.log"));

        Assert.False(FileDamage.Spoil(zeros, data, DamageHow.Zero, new Random(1)).IsChanged);
        Assert.False(FileDamage.Spoil(twin, data, DamageHow.Swap, new Random(1)).IsChanged);
    }

    [Fact]
    public void A_file_that_the_node_holds_locked_is_no_source_to_swap_with()
    {
        string state = Path.Combine(data, "raft-state");
        File.WriteAllBytes(state, [1, 2, 3]);
        using FileStream held = new(Path.Combine(data, "node.lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        held.WriteByte(7);
        held.Flush();
        Assert.False(FileDamage.Spoil(state, data, DamageHow.Swap, new Random(1)).IsChanged);
    }

    /// <summary>A header, batches of which only size and version are right, and room behind them.</summary>
    private string Segment(string name, int batches, byte filler)
    {
        byte[] bytes = new byte[HeaderBytes + (batches * BatchBytes) + 4096];
        bytes[0] = (byte)'G';
        for (int i = 0; i < batches; i++)
        {
            Span<byte> batch = bytes.AsSpan(HeaderBytes + (i * BatchBytes), BatchBytes);
            batch.Fill(filler);
            BinaryPrimitives.WriteInt32BigEndian(batch[8..], BatchBytes - 12);
            batch[16] = 2;
        }

        string file = Path.Combine(data, $"{name}.log");
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
