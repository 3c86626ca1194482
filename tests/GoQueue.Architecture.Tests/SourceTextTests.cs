using GoQueue.Architecture.Tests.Reading;
using GoQueue.Architecture.Tests.Rules;

namespace GoQueue.Architecture.Tests;

/// <summary>Rules over the text of what is tracked.</summary>
public sealed class SourceTextTests
{
    private static readonly string[] BinaryEndings = [".bin", ".golden", ".png", ".ico", ".gz", ".snappy", ".woff2"];

    [Fact]
    public void Source_files_are_short_unless_listed_with_a_reason()
    {
        Check.None(Repository.CSharp("src").Concat(Repository.CSharp("tests")).Concat(Repository.CSharp("chaos"))
            .SelectMany(file => SourceText.TooLong(file, Repository.Read(file), SourceText.LongFiles)));
        Check.None(SourceText.LongFiles.Where(entry => entry.Value.Length < 10 || !Repository.Exists(entry.Key))
            .Select(entry => $"{entry.Key} is listed without a reason or is gone"));
    }

    [Fact]
    public void Tracked_files_hold_no_registry_addresses_and_no_folders_of_a_machine() => Check.None(Repository.Files
        .Where(file => !BinaryEndings.Contains(Path.GetExtension(file)))
        .SelectMany(file => SourceText.MachineTraces(file, Repository.Read(file))));

    [Fact]
    public void No_test_is_skipped() => Check.None(Repository.CSharp("tests").SelectMany(file => SourceText.SkippedTests(file, Repository.Read(file))));

    [Fact]
    public void No_build_output_is_tracked() => Check.None(Repository.Files.Where(file =>
        file.Split('/').SkipLast(1).Any(folder => folder is "bin" or "obj" or "node_modules" or "TestResults")));

    /// <summary>ADR 0015: faults are planted in the processes of tests only.</summary>
    [Fact]
    public void Deliberate_bugs_are_switched_on_and_planted_by_tests_only()
    {
        Check.None(Repository.Files
            .Where(file => Path.GetExtension(file) is ".csproj" or ".props" or ".targets" or ".json" && !file.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(file => SourceText.BugSwitches(file, Repository.Read(file))));
        Check.None(Repository.CSharp("src").Concat(Repository.CSharp("chaos")).SelectMany(file => SourceText.PlantedBugs(file, Repository.Read(file))));
        Assert.NotEmpty(SourceText.BugSwitches("tests/Directory.Build.props", Repository.Read("tests/Directory.Build.props")));
    }

    // The rules can fail:

    [Theory]
    [InlineData("new ReplicaOptions { MaxLag = lag, Bugs = DeliberateBugs.AckBeforeFlush }")]
    [InlineData("options with { Faults = RaftFaults.CountBeforeFlush }")]
    public void A_planted_bug_is_seen(string text) => Assert.NotEmpty(SourceText.PlantedBugs("x", text));

    [Fact]
    public void A_long_file_and_a_stale_entry_are_seen()
    {
        string text = new('\n', SourceText.MaxLines + 1);
        Dictionary<string, string> listed = new() { ["a.cs"] = "one idea that deserves it" };

        Assert.NotEmpty(SourceText.TooLong("b.cs", text, listed));
        Assert.Empty(SourceText.TooLong("a.cs", text, listed));
        Assert.NotEmpty(SourceText.TooLong("a.cs", "short\n", listed));
    }

    [Theory]
    [InlineData("https://registry", ".npmjs.org/kafkajs")]
    [InlineData("https://api", ".nuget.org/v3/index.json")]
    [InlineData("read /ro", "ot/.config/x")]
    [InlineData("cd /wo", "rk/main")]
    [InlineData("\"/ho", "me/ann/go\"")]
    public void A_trace_of_a_machine_is_seen(string first, string second) => Assert.NotEmpty(SourceText.MachineTraces("x", first + second));

    [Theory]
    [InlineData("https://example.org/work/item")]
    [InlineData("/v1/topics/orders/publish")]
    [InlineData("src/root/file")]
    public void An_ordinary_path_is_no_trace(string text) => Assert.Empty(SourceText.MachineTraces("x", text));

    [Fact]
    public void A_skipped_test_is_seen() => Assert.NotEmpty(SourceText.SkippedTests("x", "    [Fa" + "ct(Skip = \"later\")]"));
}
