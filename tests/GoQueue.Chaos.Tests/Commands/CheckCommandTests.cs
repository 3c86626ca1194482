using System.Globalization;
using System.Text;
using GoQueue.Chaos.Commands;
using GoQueue.Harness;
using GoQueue.History.Generation;
using GoQueue.History.Mutation;

namespace GoQueue.Chaos.Tests.Commands;

/// <summary>
/// <c>check</c> as its user meets it: files that are no whole history, by exit code and words. What cannot be read is told of with its line, what is left is judged, and the
/// verdict is unknown at best.
/// </summary>
public sealed class CheckCommandTests : IDisposable
{
    private const int Valid = 0;
    private const int Invalid = 1;
    private const int Unknown = 2;
    private readonly string folder = Directory.CreateTempSubdirectory("goqueue-check-").FullName;
    private int files;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_whole_history_is_valid()
    {
        (int code, string words) = Check(Whole());

        Assert.True(code == Valid, words);
        Assert.StartsWith("valid  ", words.Split('\n')[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("doubt:", words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_off_between_two_lines_is_judged_as_far_as_it_goes()
    {
        string[] lines = Lines(Whole());
        AssertUnknown(lines[..(lines.Length / 2)], "without its last line");
    }

    [Fact]
    public void A_file_cut_off_inside_a_line_says_that_the_line_is_torn()
    {
        byte[] whole = File.ReadAllBytes(Whole());
        string file = NewFile();
        File.WriteAllBytes(file, whole[..(whole.Length * 2 / 3)]);

        (int code, string words) = Check(file);

        Assert.Equal(Unknown, code);
        Assert.Contains("the last line is torn", words, StringComparison.Ordinal);
        Assert.Contains("cut off", words, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_that_changed_places_are_named_by_line()
    {
        string[] lines = Lines(Whole());
        (lines[50], lines[51]) = (lines[51], lines[50]);
        AssertUnknown(lines, "line 52: index 49 comes behind 50");
    }

    [Fact]
    public void An_index_that_is_there_twice_is_counted_once()
    {
        string[] lines = Lines(Whole());
        AssertUnknown([.. lines[..51], lines[50], .. lines[51..]], "line 52: index 49 is there twice");
    }

    [Fact]
    public void Lines_that_are_missing_are_told_by_their_indexes()
    {
        string[] lines = Lines(Whole());
        AssertUnknown([.. lines[..50], .. lines[53..]], "indexes 49 to 51 are missing");
    }

    [Fact]
    public void Two_histories_woven_into_each_other_are_no_history()
    {
        string[] one = Lines(Whole(1));
        string[] other = Lines(Whole(2));
        string[] woven = [one[0], .. one.Skip(1).Take(200).Zip(other.Skip(1).Take(200)).SelectMany(static pair => new[] { pair.First, pair.Second }), .. one[201..]];

        AssertUnknown(woven, "is there twice");
    }

    [Fact]
    public void Two_writers_at_once_tear_each_others_lines()
    {
        string[] lines = Lines(Whole());
        lines[30] = lines[30][..(lines[30].Length / 2)] + lines[31];
        AssertUnknown(lines, "line 31: no event");
    }

    [Fact]
    public void Two_files_joined_are_judged_up_to_the_end_of_the_first()
    {
        AssertUnknown([.. Lines(Whole(1)), .. Lines(Whole(2))], "two histories in one file");
    }

    [Fact]
    public void A_count_in_the_last_line_that_is_wrong_is_told_of()
    {
        string[] lines = Lines(Whole());
        lines[^1] = "{\"end\":true,\"events\":7}";
        AssertUnknown(lines, "the last line counts 7 events");
    }

    [Fact]
    public void A_line_of_more_than_sixteen_mebibytes_is_passed_over_in_bounded_memory()
    {
        string[] lines = Lines(Whole());
        lines[40] = "{\"index\":39,\"error\":\"" + new string('x', 17 << 20) + "\"}";
        AssertUnknown(lines, "line 41: longer than 16777216 bytes");
    }

    [Fact]
    public void A_time_that_goes_back_is_told_of()
    {
        string[] lines = Lines(Whole());
        int from = lines[60].IndexOf("\"time\":", StringComparison.Ordinal) + 7;
        lines[60] = lines[60][..from] + "0" + lines[60][lines[60].IndexOf(',', from)..];
        AssertUnknown(lines, "line 61: time 0 is before");
    }

    /// <summary>Goal: whatever is wrong with a file, the answer is a verdict, and never that a promise was broken. Method: lines of a sound one lost, doubled, moved and torn at random.</summary>
    [Fact]
    public void No_damage_to_the_file_is_taken_for_a_broken_promise()
    {
        string[] whole = Lines(Whole(isLogOnly: false));
        for (int seed = 0; seed < 150; seed++)
        {
            Random random = new(seed);
            List<string> lines = [.. whole];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(1, lines.Count);
                int other = random.Next(1, lines.Count);
                switch (random.Next(4))
                {
                    case 0:
                        lines.RemoveRange(at, Math.Min(random.Next(1, 5), lines.Count - at));
                        break;
                    case 1:
                        lines.Insert(other, lines[at]);
                        break;
                    case 2:
                        (lines[at], lines[other]) = (lines[other], lines[at]);
                        break;
                    default:
                        lines[at] = lines[at][..random.Next(lines[at].Length)];
                        break;
                }
            }

            (int code, string words) = Check(Write([.. lines]));
            Assert.True(code == Unknown || lines.SequenceEqual(whole), $"seed {seed}: {words}");
        }
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("PK\u0003\u0004 something else\n", "not a history")]
    [InlineData("{\"format\":\"goqueue-history\",\"version\":99,\"run\":null}\n", "not a history")]
    public void What_is_no_history_at_all_is_unknown(string content, string expected)
    {
        string file = NewFile();
        File.WriteAllText(file, content);

        (int code, string words) = Check(file);

        Assert.Equal(Unknown, code);
        Assert.Contains(expected, words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_promise_is_invalid_also_in_a_file_that_was_cut_off()
    {
        string broken = NewFile();
        Mutation mutation = HistoryMutator.MutateFile(Whole(), broken, MutationKind.SwapInPoll, 1)!;
        string[] lines = Lines(broken);

        (int code, string words) = Check(Write([.. lines.SkipLast(3)]));

        Assert.Equal(Invalid, code);
        Assert.Contains(mutation.Expected[0], words, StringComparison.Ordinal);
        Assert.Contains("without its last line", words, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        string file = Path.Combine(folder, "none.jsonl");
        Assert.Contains(file, Assert.Throws<HarnessException>(() => Check(file)).Message, StringComparison.Ordinal);
    }

    private void AssertUnknown(string[] lines, string expected)
    {
        (int code, string words) = Check(Write(lines));
        Assert.Equal(Unknown, code);
        Assert.Contains(expected, words, StringComparison.Ordinal);
        Assert.StartsWith("unknown  ", words.Split('\n')[^1], StringComparison.Ordinal);
    }

    private static (int Code, string Words) Check(string file)
    {
        using StringWriter words = new(new StringBuilder(), CultureInfo.InvariantCulture);
        int code = CheckCommand.Run(new Arguments([file]), words);
        return (code, words.ToString().TrimEnd());
    }

    private string Whole(int seed = 1, bool isLogOnly = true)
    {
        string file = NewFile();
        ModelHistory.Generate(new ModelOptions { Seed = seed, Operations = 600, UnknownPercent = 1, Partitions = 3, IsLogOnly = isLogOnly }, file);
        return file;
    }

    private string Write(string[] lines)
    {
        string file = NewFile();
        File.WriteAllText(file, string.Join('\n', lines) + "\n");
        return file;
    }

    private static string[] Lines(string file) => File.ReadAllLines(file);

    private string NewFile() => Path.Combine(folder, $"history-{(++files).ToString(CultureInfo.InvariantCulture)}.jsonl");
}
