using System.Text.RegularExpressions;
using GoQueue.Architecture.Tests.Reading;
using GoQueue.Architecture.Tests.Rules;

namespace GoQueue.Architecture.Tests;

/// <summary>Rings 0-2 take time, disk, randomness and peers through ports: checked in the built assemblies, where no alias or generated code can hide.</summary>
public sealed class BannedSymbolTests
{
    private static readonly IReadOnlyList<string> Listed = BannedSymbols.Parse(Repository.Read(BannedSymbols.File));

    public static TheoryData<string> SimulatedProjects => [.. Rings.Projects.Where(project => project.IsSimulated).Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(SimulatedProjects))]
    public void A_simulated_project_calls_nothing_banned(string name)
    {
        CompiledAssembly assembly = CompiledAssembly.OfProject(name);
        Check.None(BannedSymbols.In(assembly, [.. Listed, .. BannedSymbols.Beyond])
            .Where(use => !BannedSymbols.Exemptions.Any(exemption => exemption.Covers(name, use)))
            .Select(use => use.ToString()));
    }

    [Theory]
    [MemberData(nameof(SimulatedProjects))]
    public void A_simulated_project_mentions_no_network_or_host(string name) =>
        Check.None(BannedSymbols.NamespacesIn(CompiledAssembly.OfProject(name)));

    [Theory]
    [MemberData(nameof(SimulatedProjects))]
    public void A_simulated_project_calls_no_native_code(string name) =>
        Check.None(BannedSymbols.NativeIn(CompiledAssembly.OfProject(name), BannedSymbols.Exemptions));

    [Fact]
    public void Every_exemption_has_a_reason_and_is_needed()
    {
        Check.None(BannedSymbols.Exemptions.Where(exemption => exemption.Reason.Length < 10).Select(exemption => $"{exemption.Type} has no reason"));
        Check.None(BannedSymbols.Exemptions.SelectMany(exemption => exemption.UnusedIn(CompiledAssembly.OfProject(exemption.Assembly))
            .Select(symbol => $"{exemption.Type} no longer uses {symbol}: take the exemption away")));
    }

    [Fact]
    public void Only_exempted_files_silence_the_compiler() => Check.None(Rings.Projects.Where(project => project.IsSimulated)
        .SelectMany(project => Repository.CSharp($"src/{project.Name}"))
        .SelectMany(file => BannedSymbols.SilencedIn(file, Repository.Read(file), BannedSymbols.Exemptions)));

    // The rules can fail:

    [Theory]
    [InlineData("class C { long M() => System.DateTime.UtcNow.Ticks; }", "P:System.DateTime.UtcNow")]
    [InlineData("using static System.IO.File; class C { bool M() => Exists(\"x\"); }", "T:System.IO.File")]
    [InlineData("class C { object M() => new System.IO.FileStream(\"x\", System.IO.FileMode.Open); }", "T:System.IO.FileStream")]
    [InlineData("class C { System.Func<System.Guid> M() => System.Guid.NewGuid; }", "M:System.Guid.NewGuid")]
    [InlineData("class C { async System.Threading.Tasks.Task M() { await System.Threading.Tasks.Task.Delay(5); } }", "M:System.Threading.Tasks.Task.Delay(System.Int32)")]
    [InlineData("class C { System.Action M() => () => System.Threading.Thread.Sleep(1); }", "M:System.Threading.Thread.Sleep(System.Int32)")]
    [InlineData("class C { System.Collections.Generic.IEnumerable<int> M() { yield return System.Random.Shared.Next(); } }", "P:System.Random.Shared")]
    [InlineData("using System.Collections.Immutable; class C { object M(ImmutableDictionary<string, int> d) => d.Add(\"x\", 1); }", "T:System.Collections.Immutable.ImmutableDictionary`2")]
    [InlineData("class C { System.Guid M(int i) { switch (i) { case 0: return default; case 1: return new(1, 2, 3, new byte[8]); case 2: case 3: case 4: return System.Guid.NewGuid(); default: return default; } } }", "M:System.Guid.NewGuid")]
    public void A_banned_call_is_seen_and_belongs_to_the_type_that_wrote_it(string code, string expected)
    {
        MemberUse use = Assert.Single(BannedSymbols.In(Sample.Build(code), [.. Listed, .. BannedSymbols.Beyond]).DistinctBy(use => use.Type));

        Assert.True(use.Is(expected), use.ToString());
        Assert.Equal("C", use.InType);
    }

    [Fact]
    public void A_delay_with_a_time_provider_is_not_banned() => Assert.Empty(BannedSymbols.In(
        Sample.Build("class C { System.Threading.Tasks.Task M(System.TimeProvider t) => System.Threading.Tasks.Task.Delay(System.TimeSpan.Zero, t); }"),
        Listed));

    [Fact]
    public void A_mention_of_the_network_is_seen() => Assert.NotEmpty(BannedSymbols.NamespacesIn(Sample.Build("class C { System.Net.IPAddress? Peer; }")));

    [Fact]
    public void A_native_call_is_seen() => Assert.NotEmpty(BannedSymbols.NativeIn(
        Sample.Build("static class C { [System.Runtime.InteropServices.DllImport(\"libc\")] static extern int getpid(); }"), []));

    [Fact]
    public void An_exemption_that_is_not_needed_is_seen()
    {
        Exemption exemption = new("Sample", "Disk", ["T:System.IO.File", "T:System.IO.FileInfo", BannedSymbols.NativeImport], "the one place that touches the disk");

        Assert.Equal(
            ["T:System.IO.FileInfo", BannedSymbols.NativeImport],
            exemption.UnusedIn(Sample.Build("class Disk { bool M() => System.IO.File.Exists(\"x\"); }")));
    }

    [Fact]
    public void An_exemption_covers_its_own_type_and_symbol_only()
    {
        Exemption exemption = new("Sample", "Disk", ["T:System.IO.File"], "the one place that touches the disk");
        CompiledAssembly sample = Sample.Build(
            "class Disk { bool M() => System.IO.File.Exists(\"x\"); long N() => System.DateTime.UtcNow.Ticks; } class Other { bool M() => System.IO.File.Exists(\"x\"); }");

        Assert.Equal(
            ["Disk", "Other"],
            BannedSymbols.In(sample, Listed).Where(use => !exemption.Covers("Sample", use)).Select(use => use.InType).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Silencing_the_compiler_elsewhere_is_seen()
    {
        Exemption exemption = new("GoQueue.Storage", "GoQueue.Storage.Directories.PhysicalLogDirectory", ["T:System.IO.File"], "the one place that touches the disk");

        Assert.Empty(BannedSymbols.SilencedIn("src/GoQueue.Storage/Directories/PhysicalLogDirectory.cs", "#pragma warning disable RS0030", [exemption]));
        Assert.NotEmpty(BannedSymbols.SilencedIn("src/GoQueue.Storage/Segments/Segment.cs", "#pragma warning disable RS0030", [exemption]));
    }

    /// <summary>Whether the build gives this project the banned list: its name is in a ring condition, and the list hangs on having a ring.</summary>
    internal static bool IsAttached(string props, string project) =>
        Regex.IsMatch(props, @"<GoQueueRing Condition=""[^""]*\$\(MSBuildProjectName\) == '" + Regex.Escape(project) + "'")
        && Regex.IsMatch(props, @"<ItemGroup Condition=""'\$\(GoQueueRing\)' != ''"">\s*<AdditionalFiles Include=""\$\(MSBuildThisFileDirectory\)src/BannedSymbols\.txt"" />");
}
