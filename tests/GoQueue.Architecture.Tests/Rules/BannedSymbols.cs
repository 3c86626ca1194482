using GoQueue.Architecture.Tests.Reading;

namespace GoQueue.Architecture.Tests.Rules;

/// <summary>What rings 0-2 do not call, and the few named places that must.</summary>
internal static class BannedSymbols
{
    public const string File = "src/BannedSymbols.txt";

    /// <summary>Beyond the list that the compiler reads: things that only matter as compiled, or that a whole namespace stands for.</summary>
    public static readonly string[] Beyond =
    [
        // Ordered by a hash that differs between processes: replicas that iterate over one disagree. Sorted collections or integer keys instead.
        "T:System.Collections.Immutable.ImmutableDictionary",
        "T:System.Collections.Immutable.ImmutableDictionary`2",
        "T:System.Collections.Immutable.ImmutableHashSet",
        "T:System.Collections.Immutable.ImmutableHashSet`1",
        "T:System.Console",
        "T:System.Diagnostics.Process",
        "T:System.IO.RandomAccess",
        "T:System.Threading.ThreadPool",
        "T:System.Threading.Timer",
        "T:System.Timers.Timer",
    ];

    /// <summary>Namespaces that no type of rings 0-2 may even mention.</summary>
    public static readonly string[] Namespaces = ["System.Net", "Microsoft.AspNetCore", "Grpc", "Google.Protobuf"];

    /// <summary>The exceptions. Each says why; one that is no longer needed fails the tests.</summary>
    public static readonly Exemption[] Exemptions =
    [
        new(
            "GoQueue.Core",
            "GoQueue.Core.Scheduling.TaskWaiting",
            [
                "M:System.Threading.Tasks.Task.WaitAsync(System.Threading.CancellationToken)",
                "M:System.Threading.Tasks.Task`1.WaitAsync(System.Threading.CancellationToken)",
                "M:System.Threading.Tasks.Task.WaitAsync(System.TimeSpan,System.TimeProvider,System.Threading.CancellationToken)",
                "M:System.Threading.Tasks.Task`1.WaitAsync(System.TimeSpan,System.TimeProvider,System.Threading.CancellationToken)",
                "M:System.Threading.Tasks.Task.WhenAny(System.Threading.Tasks.Task,System.Threading.Tasks.Task)",
            ],
            "listens by an await of its own, so that the waiter's context decides where it goes on"),
        new(
            "GoQueue.Storage",
            "GoQueue.Storage.Directories.PhysicalLogDirectory",
            ["T:System.IO.Directory", "T:System.IO.DirectoryInfo", "T:System.IO.File", "T:System.IO.FileInfo", "T:System.IO.RandomAccess"],
            "the disk behind ILogDirectory; the simulator brings another"),
        new("GoQueue.Storage", "GoQueue.Storage.Directories.PhysicalLogFile", ["T:System.IO.RandomAccess"], "a file of PhysicalLogDirectory"),
        new("GoQueue.Storage", "GoQueue.Storage.Directories.DirectWriter", ["T:System.IO.RandomAccess"], "the end of a PhysicalLogFile, read back once"),
        new("GoQueue.Storage", "GoQueue.Storage.Directories.Posix", [NativeImport], "what PhysicalLogDirectory needs and the base library lacks"),
    ];

    /// <summary>Stands in an exemption for the right to call native code.</summary>
    public const string NativeImport = "native";

    /// <summary>The documentation ids of the list that the compiler reads.</summary>
    public static IReadOnlyList<string> Parse(string list) =>
        [.. list.Split('\n').Select(line => line.Split(';')[0].Trim()).Where(id => id.Length > 0 && !id.StartsWith("//", StringComparison.Ordinal))];

    public static IEnumerable<MemberUse> In(CompiledAssembly assembly, IReadOnlyList<string> banned) =>
        assembly.Uses.Where(use => banned.Any(use.Is)).Distinct();

    public static IEnumerable<string> NamespacesIn(CompiledAssembly assembly) => assembly.TypeReferences
        .Where(type => Namespaces.Any(space => type.StartsWith(space + ".", StringComparison.Ordinal)))
        .Select(type => $"{assembly.Name} mentions {type}");

    /// <summary>Types that call native code, which could be anything.</summary>
    public static IEnumerable<string> NativeIn(CompiledAssembly assembly, IEnumerable<Exemption> exemptions) => assembly.NativeImports
        .Where(import => !exemptions.Any(exemption => exemption.Assembly == assembly.Name && exemption.Type == import.InType && exemption.Symbols.Contains(NativeImport)))
        .Select(import => $"{import.InType} calls native code ({import.Name}) but is no named exception");

    /// <summary>Source files that silence the compiler's check without being the home of an exemption.</summary>
    public static IEnumerable<string> SilencedIn(string file, string text, IEnumerable<Exemption> exemptions) =>
        text.Contains("RS0030", StringComparison.Ordinal) && !exemptions.Any(exemption => exemption.IsHome(file))
            ? [$"{file} silences RS0030 but is no named exception"]
            : [];
}

/// <summary>One place that may do what its neighbours may not.</summary>
/// <param name="Type">Full name of the outermost type the exemption covers.</param>
/// <param name="Symbols">Documentation ids of what it may use.</param>
internal sealed record Exemption(string Assembly, string Type, string[] Symbols, string Reason)
{
    public bool Covers(string assembly, MemberUse use) => assembly == Assembly && use.InType == Type && Symbols.Any(symbol => Names(symbol, use));

    /// <summary>What it may do and does not do in this assembly: rights to take away.</summary>
    public IEnumerable<string> UnusedIn(CompiledAssembly assembly) => Symbols.Where(symbol => symbol == BannedSymbols.NativeImport
        ? assembly.NativeImports.All(import => import.InType != Type)
        : !assembly.Uses.Any(use => use.InType == Type && use.Is(symbol)));

    private static bool Names(string symbol, MemberUse use) => symbol != BannedSymbols.NativeImport && use.Is(symbol);

    /// <summary>Whether the type lives in this file; partial types have files such as <c>Name.Part.cs</c>.</summary>
    public bool IsHome(string file)
    {
        string name = Type[(Type.LastIndexOf('.') + 1)..];
        string leaf = Path.GetFileName(file);
        return file.StartsWith($"src/{Assembly}/", StringComparison.Ordinal) && (leaf == name + ".cs" || leaf.StartsWith(name + ".", StringComparison.Ordinal));
    }
}
