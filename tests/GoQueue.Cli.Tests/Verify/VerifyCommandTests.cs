using GoQueue.Cli.Tests.Running;

namespace GoQueue.Cli.Tests.Verify;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly InProcess cli = new();

    [Fact]
    public async Task Without_goqueue_chaos_beside_it_says_how_to_get_it()
    {
        CommandOutcome outcome = await cli.RunAsync("verify", "--faults", "kill-one");

        Assert.Equal(1, outcome.Code);
        Assert.Contains("goqueue-chaos is not beside goqueue", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("make build", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--seconds", "0")]
    [InlineData("--nodes", "2")]
    [InlineData("--hurry", "1")]
    public async Task What_cannot_be_understood_is_refused_before_anything_starts(string option, string value)
    {
        CommandOutcome outcome = await cli.RunAsync("verify", option, value);

        Assert.Equal(2, outcome.Code);
        Assert.Contains(option, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_tells_the_exit_codes_and_what_is_done_as_root()
    {
        CommandOutcome outcome = await cli.RunAsync("verify", "--help");

        Assert.Equal(0, outcome.Code);
        Assert.Contains("valid, invalid or unknown", outcome.Text, StringComparison.Ordinal);
        Assert.Contains("--faults", outcome.Text, StringComparison.Ordinal);
    }

    public void Dispose() => cli.Dispose();
}
