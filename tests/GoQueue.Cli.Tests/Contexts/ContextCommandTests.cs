using System.Text.Json;
using GoQueue.Cli.Tests.Running;

namespace GoQueue.Cli.Tests.Contexts;

public sealed class ContextCommandTests : IDisposable
{
    private readonly InProcess cli = new();

    [Fact]
    public async Task The_life_of_a_context()
    {
        Assert.Equal(0, (await cli.RunAsync("context", "set", "local", "--server", "127.0.0.1:9001")).Code);
        Assert.Equal(0, (await cli.RunAsync("context", "set", "prod", "--server", "broker.example:9000", "--default-output", "json")).Code);
        Assert.Equal("local\n", (await cli.RunAsync("context", "current")).Text);

        Assert.Equal(0, (await cli.RunAsync("context", "use", "prod")).Code);
        Assert.Equal("""{"current":"prod"}""", JsonSerializer.Serialize(JsonDocument.Parse((await cli.RunAsync("context", "current")).Output)));

        CommandOutcome list = await cli.RunAsync("context", "list", "-o", "table");
        Assert.Contains("*         prod", list.Text, StringComparison.Ordinal);

        Assert.Equal(0, (await cli.RunAsync("context", "delete", "prod")).Code);
        CommandOutcome current = await cli.RunAsync("context", "current");
        Assert.Equal(1, current.Code);
        Assert.Contains("goqueue context use", current.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_may_name_several_nodes_and_one_of_them_is_enough()
    {
        Assert.Equal(0, (await cli.RunAsync("context", "set", "three", "--server", "127.0.0.1:1, 127.0.0.1:2")).Code);
        Assert.Contains("127.0.0.1:1,127.0.0.1:2", (await cli.RunAsync("context", "list")).Text, StringComparison.Ordinal);
        CommandOutcome unreachable = await cli.RunAsync("topic", "list");
        Assert.Equal(3, unreachable.Code);
        Assert.Contains("any of 127.0.0.1:1, 127.0.0.1:2", unreachable.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Setting_again_changes_only_what_is_given()
    {
        await cli.RunAsync("context", "set", "a", "--server", "one:1", "--default-output", "yaml");
        await cli.RunAsync("context", "set", "a", "--server", "two:2");

        string text = (await cli.RunAsync("context", "list", "-o", "table")).Text;
        Assert.Contains("two:2", text, StringComparison.Ordinal);
        Assert.Contains("yaml", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "no context is named x", "context", "use", "x")]
    [InlineData(1, "no context is named x", "context", "delete", "x")]
    [InlineData(2, "needs an address", "context", "set", "x")]
    [InlineData(2, "is not an address", "context", "set", "x", "--server", "http://x")]
    [InlineData(2, "is not an address", "context", "set", "x", "--server", "a:1,,b:1")]
    [InlineData(2, "is not a name", "context", "set", "a/b", "--server", "x:1")]
    [InlineData(2, "required argument 'name' missing", "context", "use")]
    public async Task A_refusal_has_its_code_and_says_what_to_do(int code, string what, params string[] arguments)
    {
        CommandOutcome outcome = await cli.RunAsync(arguments);

        Assert.Equal(code, outcome.Code);
        Assert.Contains(what, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("  next: ", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    public void Dispose() => cli.Dispose();
}
