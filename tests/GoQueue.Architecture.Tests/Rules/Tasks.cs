using GoQueue.Architecture.Tests.Reading;

namespace GoQueue.Architecture.Tests.Rules;

/// <summary>How tasks are awaited: nothing blocks on one, nothing is fired and forgotten, and who owns the scheduler is decided per ring.</summary>
internal static class Tasks
{
    private const string Services = "System.Runtime.CompilerServices.";

    private static readonly string[] Awaiters = [Services + "TaskAwaiter", Services + "TaskAwaiter`1", Services + "ValueTaskAwaiter", Services + "ValueTaskAwaiter`1"];

    /// <summary>
    /// Uses that block a thread until a task is done. Reading <c>Result</c> is fine in a method that asks <c>IsCompletedSuccessfully</c>
    /// first (the synchronous fast path), and <c>GetResult</c> is what the compiler calls in <c>MoveNext</c> and in the entry point.
    /// </summary>
    public static IEnumerable<MemberUse> BlockingIn(CompiledAssembly assembly)
    {
        HashSet<(string, string)> asksFirst =
            [.. assembly.Uses.Where(use => use.Member == "get_IsCompletedSuccessfully").Select(use => (use.InType, use.InMethod))];
        return assembly.Uses.Where(use => Blocks(use) && !(use.Member == "get_Result" && asksFirst.Contains((use.InType, use.InMethod)))).Distinct();
    }

    public static IEnumerable<MemberUse> AsyncVoidIn(CompiledAssembly assembly) =>
        assembly.Uses.Where(use => use.Type == Services + "AsyncVoidMethodBuilder" && use.Member == "Create");

    /// <summary>Rings 0-2: awaits resume where the loop's owner decides, so that a simulator can own the scheduler.</summary>
    public static IEnumerable<MemberUse> ConfiguredAwaitsIn(CompiledAssembly assembly) =>
        assembly.Uses.Where(use => use.Member == "ConfigureAwait" && use.Type.StartsWith("System.Threading.Tasks.", StringComparison.Ordinal)).Distinct();

    /// <summary>The client library: every await is configured, since the caller's scheduler is none of its business.</summary>
    public static IEnumerable<MemberUse> PlainAwaitsIn(CompiledAssembly assembly) =>
        assembly.Uses.Where(use => Awaiters.Contains(use.Type) && use.Member == "get_IsCompleted").Distinct();

    public static IEnumerable<MemberUse> UnfinishedIn(CompiledAssembly assembly) =>
        assembly.Uses.Where(use => use.Type == "System.NotImplementedException" && use.Member == ".ctor");

    private static bool Blocks(MemberUse use) => use switch
    {
        { Type: "System.Threading.Tasks.Task", Member: "Wait" or "WaitAll" or "WaitAny" } => true,
        { Type: "System.Threading.Tasks.Task`1" or "System.Threading.Tasks.ValueTask`1", Member: "get_Result" } => true,
        { Member: "GetResult" } => Awaiters.Contains(use.Type) && !use.InMethod.EndsWith("MoveNext", StringComparison.Ordinal) && use.InMethod != "<Main>",
        _ => false,
    };
}
