using GoQueue.Chaos.Commands;

namespace GoQueue.Chaos.Tests.Commands;

public sealed class ChaosOptionsTests
{
    [Fact]
    public void Without_anything_it_is_one_mixture_with_a_fresh_seed()
    {
        ChaosOptions options = Parse();
        Assert.Equal(1, options.Mixtures);
        Assert.Equal(4711, options.Seed);
        Assert.Equal("/own", options.Bin);
        Assert.Equal(3, options.Nodes);
        Assert.Equal(2, options.Workload.MinInSync);
    }

    [Fact]
    public void What_is_asked_for_is_what_is_run()
    {
        ChaosOptions options = Parse("--faults", "kill-one,cut-one", "--pairs=3", "--seed", "9", "--seconds", "180", "--plain", "--workloads", "log,offsets", "--replicas", "1");
        Assert.Equal(["kill-one", "cut-one"], options.Faults);
        Assert.Equal((3, 0, 9, true), (options.Pairs, options.Mixtures, options.Seed, options.IsPlain));
        Assert.Equal(TimeSpan.FromMinutes(3), options.Length);
        Assert.Equal(["log", "offsets"], options.Workload.Chosen);
        Assert.Equal(1, options.Workload.MinInSync);
    }

    [Theory]
    [InlineData("--hurry needs a value", "--hurry")]
    [InlineData("unknown option --hurry", "--hurry", "1")]
    [InlineData("--seconds takes a number from 5 to 86400, not 'soon'", "--seconds", "soon")]
    [InlineData("--seed takes a number from 0", "--seed", "-1")]
    [InlineData("--pairs is given 2 times", "--pairs", "1", "--pairs", "2")]
    [InlineData("there is no workload 'queue'", "--workloads", "queue")]
    [InlineData("'kill-one' is not understood", "kill-one")]
    [InlineData("--hook goes with --attach only", "--hook", "kill=ssh {node} pkill goqueue-server")]
    [InlineData("expected kill|start|pause|resume|cut|heal=COMMAND", "--attach", "n1=http://a:1", "--hook", "burn={node}")]
    [InlineData("expected kill|start|pause|resume|cut|heal=COMMAND", "--attach", "n1=http://a:1", "--hook", "kill=pkill goqueue-server")]
    [InlineData("--min-isr takes a number from 1 to 2", "--replicas", "2", "--min-isr", "3")]
    public void What_cannot_be_understood_says_how_it_is_meant(string expected, params string[] arguments) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Parse(arguments)).Message, StringComparison.Ordinal);

    private static ChaosOptions Parse(params string[] arguments) => ChaosOptions.Parse(arguments, "/own", 4711);
}
