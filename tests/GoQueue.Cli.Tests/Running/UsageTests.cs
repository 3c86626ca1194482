using System.Text.Json;

namespace GoQueue.Cli.Tests.Running;

public sealed class UsageTests : IDisposable
{
    private readonly InProcess cli = new();

    [Theory]
    [InlineData("did you mean context?", "contxt", "list")]
    [InlineData("did you mean --verbose?", "version", "--verbos")]
    [InlineData("expected one of table, json, yaml", "version", "-o", "xml")]
    [InlineData("commands: dev", "")]
    [InlineData("commands: list, current", "context")]
    public async Task A_wrong_command_line_ends_with_code_2_and_a_hint(string hint, params string[] arguments)
    {
        CommandOutcome outcome = await cli.RunAsync([.. arguments.Where(argument => argument.Length > 0)]);

        Assert.Equal(2, outcome.Code);
        Assert.Contains(hint, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--help`", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task Help_goes_to_standard_output_with_examples_and_succeeds()
    {
        CommandOutcome outcome = await cli.RunAsync("context", "set", "--help");

        Assert.Equal(0, outcome.Code);
        Assert.Contains("--default-output", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("goqueue context set local --server", outcome.Text, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task The_version_is_the_same_in_every_format()
    {
        string version = JsonDocument.Parse((await cli.RunAsync("version", "-o", "json")).Output).RootElement.GetProperty("version").GetString()!;

        Assert.Matches(@"^\d+\.\d+\.\d+", version);
        Assert.Contains($"version: {version}\n", (await cli.RunAsync("version", "-o", "yaml")).Text, StringComparison.Ordinal);
        Assert.Contains(version, (await cli.RunAsync("version")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_that_does_not_exist_is_a_usage_error()
    {
        CommandOutcome outcome = await cli.RunAsync("version", "--context", "nowhere");

        Assert.Equal(2, outcome.Code);
        Assert.Contains("goqueue context set nowhere", outcome.Error, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();
}
