using GoQueue.Core;
using GoQueue.Metadata.Commands;
using GoQueue.Metadata.Topics;
using static GoQueue.Metadata.Tests.Sample;

namespace GoQueue.Metadata.Tests;

public sealed class CommandCodecTests
{
    public static TheoryData<int> Commands => [.. Enumerable.Range(0, EveryCommand.Count)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_reads_back_as_it_was_written(int index)
    {
        MetadataCommand read = MetadataCommandCodec.Decode(Encoded(EveryCommand[index])).Value;

        Assert.Equal(EveryCommand[index].GetType(), read.GetType());
        Assert.Equal(EveryCommand[index].ToText(), read.ToText());
        Assert.Equal(Encoded(EveryCommand[index]), Encoded(read));
    }

    /// <summary>What the program before the cluster wrote: one line per command, in version 1.</summary>
    [Fact]
    public void The_golden_commands_of_version_1_still_read()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", "metadata-commands-v1.hex"));

        Assert.Equal(5, lines.Length);
        Assert.Equal(EveryCommand.Take(5).Select(command => command.ToText()), lines.Select(line => MetadataCommandCodec.Decode(Convert.FromHexString(line)).Value.ToText()));
    }

    /// <summary>One line per command, made from docs/internals/metadata-commands.md by a separate encoder.</summary>
    [Fact]
    public void The_golden_commands_of_version_2_still_read_and_write_the_same()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", "metadata-commands-v2.hex"));

        Assert.Equal(lines, EveryCommand.Select(command => Convert.ToHexStringLower(Encoded(command))));
        Assert.Equal(lines, lines.Select(line => Convert.ToHexStringLower(Encoded(MetadataCommandCodec.Decode(Convert.FromHexString(line)).Value))));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_shortening_and_every_lengthening_is_refused(int index)
    {
        byte[] command = Encoded(EveryCommand[index]);
        for (int length = 0; length < command.Length; length++)
        {
            Assert.Equal(ErrorCode.CorruptLog, MetadataCommandCodec.Decode(command.AsSpan(0, length)).Error.Code);
        }

        Assert.Equal(ErrorCode.CorruptLog, MetadataCommandCodec.Decode([.. command, 0]).Error.Code);
    }

    [Fact]
    public void A_type_of_a_newer_program_is_refused_by_name()
    {
        Error error = MetadataCommandCodec.Decode([0x00, 0x63, 0x00, 0x01, 1, 2, 3]).Error;

        Assert.Equal(ErrorCode.UnsupportedBatchVersion, error.Code);
        Assert.Contains("type 99", error.Detail, StringComparison.Ordinal);
        Assert.Contains("newer goqueue-server", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_version_of_a_known_type_is_refused_by_name()
    {
        byte[] command = Encoded(EveryCommand[2]);
        command[3] = 3;

        Error error = MetadataCommandCodec.Decode(command).Error;

        Assert.Equal(ErrorCode.UnsupportedBatchVersion, error.Code);
        Assert.Contains("CreateTopic has version 3", error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Damaged_commands_are_refused_or_applied_without_a_throw(int index)
    {
        Random random = new(index);
        byte[] command = Encoded(EveryCommand[index]);
        MetadataState state = StateAfter(EveryCommand);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. command];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            if (MetadataCommandCodec.Decode(damaged).TryGet(out MetadataCommand? decoded, out Error error))
            {
                state.Apply(decoded, 100 + i);
                if (decoded.Validate() is null && damaged[3] == command[3])
                {
                    Assert.Equal(damaged, Encoded(decoded));
                }
            }
            else
            {
                Assert.Contains(error.Code, (ErrorCode[])[ErrorCode.CorruptLog, ErrorCode.UnsupportedBatchVersion]);
            }
        }
    }

    [Fact]
    public void The_largest_topic_stays_small()
    {
        Assert.InRange(Encoded(Create(1, partitions: PartitionLayout.MaxPartitions)).Length, 285_000, 295_000);
    }

    [Fact]
    public void A_command_that_is_not_valid_is_not_written()
    {
        Assert.Throws<InvariantViolationException>(() => Encoded(Create(1, "a/b")));
    }
}
