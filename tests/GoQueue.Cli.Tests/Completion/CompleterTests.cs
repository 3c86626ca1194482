using GoQueue.Cli.Tests.Running;

namespace GoQueue.Cli.Tests.Completion;

public sealed class CompleterTests : IDisposable
{
    private readonly InProcess cli = new();

    [Theory]
    [InlineData("context", "cont")]
    [InlineData("list,current,set,use,delete", "context", "")]
    [InlineData("--default-output", "context", "set", "x", "--def")]
    [InlineData("table,json,yaml", "version", "-o", "")]
    [InlineData("json", "version", "--output", "j")]
    [InlineData("json", "version", "--output", "=", "j")]
    [InlineData("table,json,yaml", "version", "--output", "=")]
    [InlineData("--output=json", "version", "--output=j")]
    [InlineData("bash,zsh,fish", "completion", "")]
    [InlineData("use", "--server", "context", "context", "us")]
    [InlineData("", "nonsense", "")]
    [InlineData("", "context", "list", "")]
    public async Task Words_complete(string expected, params string[] words) => Assert.Equal(
        Sorted(expected.Split(',', StringSplitOptions.RemoveEmptyEntries)),
        Sorted(await CompleteAsync(words)));

    [Fact]
    public async Task Global_options_are_offered_everywhere() => Assert.Contains("--server", await CompleteAsync("context", "list", "--"));

    [Fact]
    public async Task Hidden_commands_are_not_offered() => Assert.DoesNotContain(await CompleteAsync(""), word => word.StartsWith('_'));

    [Fact]
    public async Task Names_of_contexts_are_offered()
    {
        await cli.RunAsync("context", "set", "prod", "--server", "x:1");
        await cli.RunAsync("context", "set", "test", "--server", "x:2");

        Assert.Equal(["prod", "test"], await CompleteAsync("context", "use", ""));
        Assert.Equal(["prod"], await CompleteAsync("context", "delete", "p"));
    }

    [Fact]
    public async Task Where_a_path_belongs_the_shell_offers_files() => Assert.Equal([":files"], await CompleteAsync("dev", "--data", ""));

    public void Dispose() => cli.Dispose();

    private async Task<string[]> CompleteAsync(params string[] words)
    {
        CommandOutcome outcome = await cli.RunAsync(["__complete", "--", .. words]);
        Assert.Equal(0, outcome.Code);
        return [.. outcome.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])];
    }

    private static string[] Sorted(string[] words) => [.. words.Order(StringComparer.Ordinal)];
}
