using GoQueue.Architecture.Tests.Reading;
using GoQueue.Architecture.Tests.Rules;

namespace GoQueue.Architecture.Tests;

/// <summary>Nothing in <c>src</c> blocks on a task, drops one, or awaits against the rule of its ring.</summary>
public sealed class TaskTests
{
    /// <summary>Places that wait for a task on a thread that may be blocked, each with its reason.</summary>
    private static readonly Exemption[] MayBlock =
    [
        new(
            "GoQueue.Server",
            "GoQueue.Server.Grpc.Publishing.PendingBatch",
            ["M:System.Runtime.CompilerServices.ValueTaskAwaiter`1.GetResult"],
            "called by the awaiter when the answer is there: an await without a state machine for each batch"),
    ];

    public static TheoryData<string> Projects => [.. Rings.Projects.Select(project => project.Name)];

    public static TheoryData<string> SimulatedProjects => BannedSymbolTests.SimulatedProjects;

    [Theory]
    [MemberData(nameof(Projects))]
    public void Nothing_blocks_on_a_task(string name) => Check.None(Tasks.BlockingIn(CompiledAssembly.OfProject(name))
        .Where(use => !MayBlock.Any(exemption => exemption.Covers(name, use)))
        .Select(use => use.ToString()));

    [Fact]
    public void Every_exemption_is_needed() => Check.None(MayBlock.SelectMany(exemption => exemption.UnusedIn(CompiledAssembly.OfProject(exemption.Assembly))
        .Select(symbol => $"{exemption.Type} no longer uses {symbol}: take the exemption away")));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Nothing_is_async_void(string name) => Check.None(Tasks.AsyncVoidIn(CompiledAssembly.OfProject(name)).Select(use => use.ToString()));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Nothing_is_left_unimplemented(string name) => Check.None(Tasks.UnfinishedIn(CompiledAssembly.OfProject(name)).Select(use => use.ToString()));

    [Theory]
    [MemberData(nameof(SimulatedProjects))]
    public void Rings_0_to_2_leave_the_scheduler_to_their_owner(string name) =>
        Check.None(Tasks.ConfiguredAwaitsIn(CompiledAssembly.OfProject(name)).Select(use => use.ToString()));

    [Fact]
    public void The_client_library_configures_every_await() =>
        Check.None(Tasks.PlainAwaitsIn(CompiledAssembly.OfProject("GoQueue.Client")).Select(use => use.ToString()));

    // The rules can fail:

    [Theory]
    [InlineData("int M(Task<int> t) => t.Result;")]
    [InlineData("void M(Task t) => t.Wait();")]
    [InlineData("void M(Task t) => Task.WaitAll(t);")]
    [InlineData("void M(Task t) => t.GetAwaiter().GetResult();")]
    [InlineData("int M(ValueTask<int> t) => t.GetAwaiter().GetResult();")]
    [InlineData("int M(ValueTask<int> t) => t.Result;")]
    [InlineData("System.Func<int> M(Task<int> t) => () => t.Result;")]
    public void Blocking_on_a_task_is_seen(string member) => Assert.NotEmpty(Tasks.BlockingIn(BuildClass(member)));

    [Theory]
    [InlineData("async Task<int> M(Task<int> t) => await t;")]
    [InlineData("int M(ValueTask<int> t) => t.IsCompletedSuccessfully ? t.Result : 0;")]
    public void Awaiting_and_the_synchronous_fast_path_do_not_block(string member) => Assert.Empty(Tasks.BlockingIn(BuildClass(member)));

    [Fact]
    public void Async_void_is_seen() => Assert.NotEmpty(Tasks.AsyncVoidIn(BuildClass("async void M(Task t) => await t;")));

    [Fact]
    public void An_unimplemented_member_is_seen() => Assert.NotEmpty(Tasks.UnfinishedIn(BuildClass("int M() => throw new System.NotImplementedException();")));

    [Theory]
    [InlineData("async Task M(Task t) => await t.ConfigureAwait(false);")]
    [InlineData("async Task<int> M(ValueTask<int> t) => await t.ConfigureAwait(true);")]
    [InlineData("async Task M(System.IAsyncDisposable d) { await using (d.ConfigureAwait(false)) { } }")]
    public void A_configured_await_is_seen(string member) => Assert.NotEmpty(Tasks.ConfiguredAwaitsIn(BuildClass(member)));

    [Theory]
    [InlineData("async Task M(Task t) => await t;")]
    [InlineData("async Task<int> M(ValueTask<int> t) => await t;")]
    [InlineData("async Task M(System.IAsyncDisposable d) { await using (d) { } }")]
    public void A_plain_await_is_seen(string member)
    {
        CompiledAssembly sample = BuildClass(member);

        Assert.NotEmpty(Tasks.PlainAwaitsIn(sample));
        Assert.Empty(Tasks.ConfiguredAwaitsIn(sample));
    }

    private static CompiledAssembly BuildClass(string member) => Sample.Build($"using System.Threading.Tasks; class C {{ {member} }}");
}
