namespace GoQueue.ClusterTest.Scenarios;

/// <summary>One thing to be shown.</summary>
/// <param name="Name">For <c>--only</c>.</param>
/// <param name="Title">What happens, in a few words.</param>
/// <param name="IsShort">Part of <c>make test</c>.</param>
internal sealed record Scenario(string Name, string Title, bool IsShort, Func<Stage, Task> RunAsync);
