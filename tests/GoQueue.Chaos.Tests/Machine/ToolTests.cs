using GoQueue.Chaos.Machine;
using GoQueue.Harness;

namespace GoQueue.Chaos.Tests.Machine;

public sealed class ToolTests
{
    [Fact]
    public async Task A_program_that_is_not_there_is_said_so_and_is_no_crash()
    {
        ToolResult result = await Tool.TryAsync("goqueue-no-such-program");
        Assert.Equal(-1, result.Code);
        Assert.Contains("there is no goqueue-no-such-program here", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_fails_is_quoted()
    {
        HarnessException failure = await Assert.ThrowsAsync<HarnessException>(() => Tool.RunAsync("sh", "-c", "echo no such bridge >&2; exit 3"));
        Assert.Contains("no such bridge", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_privileges_signals_are_all_there_is_and_each_other_need_has_its_reason()
    {
        Abilities plain = Abilities.Plain("left out by --plain");
        Assert.True(plain.Has(Needs.Nothing));
        foreach (Needs need in Enum.GetValues<Needs>().Where(need => need != Needs.Nothing))
        {
            Assert.False(plain.Has(need));
            Assert.Equal("left out by --plain", plain.Obstacle(need));
        }
    }

    /// <summary>The hook that starts a node of an attached cluster again does this.</summary>
    [Fact]
    public async Task A_program_that_leaves_another_in_the_background_has_ended_all_the_same()
    {
        ToolResult result = await Tool.TryAsync("sh", "-c", "sleep 25 & echo $!");
        Assert.True(result.IsOk, result.Errors);
    }
}
