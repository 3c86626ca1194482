using System.Collections.Immutable;
using System.Reflection;
using GoQueue.Architecture.Tests.Reading;
using GoQueue.Architecture.Tests.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using RoslynText = Microsoft.CodeAnalysis.Text.SourceText;

namespace GoQueue.Architecture.Tests;

/// <summary>
/// The compiler refuses what the list names. A misspelt line of the list would be ignored in silence, so every line is probed with code that uses it.
/// </summary>
public sealed class BannedSymbolAnalyzerTests
{
    private static readonly IReadOnlyList<string> Listed = BannedSymbols.Parse(Repository.Read(BannedSymbols.File));

    public static TheoryData<string> Symbols => [.. Listed];

    [Theory]
    [MemberData(nameof(Symbols))]
    public async Task The_compiler_reports_a_use_of(string symbol)
    {
        ImmutableArray<Diagnostic> found = await AnalyzeAsync(Probe(symbol));

        Assert.Contains(found, diagnostic => diagnostic.Id == "RS0030");
    }

    [Fact]
    public async Task The_compiler_is_quiet_about_code_that_uses_ports() =>
        Assert.Empty(await AnalyzeAsync("class C { long M(System.TimeProvider time) => time.GetTimestamp(); }"));

    [Fact]
    public void The_list_is_attached_to_every_simulated_project_and_its_report_is_an_error()
    {
        string props = Repository.Read("Directory.Build.props");

        Check.None(Rings.Projects.Where(project => project.IsSimulated && !BannedSymbolTests.IsAttached(props, project.Name))
            .Select(project => $"{project.Name} is built without {BannedSymbols.File}"));
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", props, StringComparison.Ordinal);
        Assert.Contains("<PackageReference Include=\"Microsoft.CodeAnalysis.BannedApiAnalyzers\"", props, StringComparison.Ordinal);
        Assert.DoesNotContain("RS0030", props, StringComparison.Ordinal);
    }

    [Fact]
    public void RS0030_is_turned_off_for_tests_and_chaos_only()
    {
        string section = "";
        List<string> offIn = [];
        foreach (string line in Repository.Read(".editorconfig").Split('\n'))
        {
            section = line.StartsWith('[') ? line.Trim() : section;
            if (line.StartsWith("dotnet_diagnostic.RS0030", StringComparison.Ordinal))
            {
                offIn.Add(section);
            }
        }

        Assert.All(offIn, where => Assert.Contains(where, (string[])["[tests/**.cs]", "[{tests,chaos}/**.cs]"]));
    }

    [Fact]
    public void A_project_outside_the_rings_does_not_count_as_attached()
    {
        string props = Repository.Read("Directory.Build.props");

        Assert.False(BannedSymbolTests.IsAttached(props, "GoQueue.Server"));
        Assert.False(BannedSymbolTests.IsAttached(props.Replace("src/BannedSymbols.txt", "", StringComparison.Ordinal), "GoQueue.Core"));
    }

    /// <summary>Code that uses a symbol, made from the symbol itself: a line that names nothing fails here.</summary>
    private static string Probe(string documentationId)
    {
        CSharpCompilation empty = Sample.Compile("");
        ISymbol symbol = DocumentationCommentId.GetFirstSymbolForDeclarationId(documentationId, empty)
            ?? throw new Xunit.Sdk.XunitException($"{BannedSymbols.File} names {documentationId}, which does not exist");
        string use = symbol switch
        {
            IPropertySymbol { IsStatic: true } property => $"_ = {property.ContainingType}.{property.Name}",
            IMethodSymbol { ContainingType.IsGenericType: true } method => Call(OfObjects(method, empty)),
            IMethodSymbol method => Call(method),
            INamedTypeSymbol { IsStatic: true } type => Call(type.GetMembers().OfType<IMethodSymbol>().First(IsPublicMethod)),
            INamedTypeSymbol type => Create(type),
            _ => throw new Xunit.Sdk.XunitException($"write a probe for {documentationId}"),
        };
        return $"class C {{ void M() {{ {use}; }} }}";
    }

    /// <summary>The same method of the type closed over objects, so that code can name it.</summary>
    private static IMethodSymbol OfObjects(IMethodSymbol method, CSharpCompilation compilation)
    {
        INamedTypeSymbol closed = method.ContainingType.Construct([.. method.ContainingType.TypeParameters.Select(_ => compilation.ObjectType)]);
        return closed.GetMembers(method.Name).OfType<IMethodSymbol>().Single(member => SymbolEqualityComparer.Default.Equals(member.OriginalDefinition, method));
    }

    private static bool IsPublicMethod(IMethodSymbol method) =>
        method is { MethodKind: MethodKind.Ordinary, DeclaredAccessibility: Accessibility.Public, IsGenericMethod: false };

    private static string Call(IMethodSymbol method) =>
        $"{(method.IsStatic ? method.ContainingType.ToString() : $"default({method.ContainingType})!")}.{method.Name}({Arguments(method)})";

    private static string Create(INamedTypeSymbol type) =>
        $"new {type}({Arguments(type.InstanceConstructors.First(constructor => constructor.DeclaredAccessibility == Accessibility.Public))})";

    private static string Arguments(IMethodSymbol method) => string.Join(", ", method.Parameters.Select(parameter => $"default({parameter.Type})!"));

    private static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(string code)
    {
        CSharpCompilation compilation = Sample.Compile(code);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        AnalyzerOptions options = new([new ListFile(Repository.Read(BannedSymbols.File))]);
        return await compilation.WithAnalyzers(Analyzers(), options).GetAnalyzerDiagnosticsAsync();
    }

    private static ImmutableArray<DiagnosticAnalyzer> Analyzers()
    {
        string folder = Path.Combine(Repository.Metadata("BannedApiAnalyzers"), "analyzers", "dotnet", "cs");
        Assembly.LoadFrom(Path.Combine(folder, "Microsoft.CodeAnalysis.BannedApiAnalyzers.dll"));
        Assembly analyzers = Assembly.LoadFrom(Path.Combine(folder, "Microsoft.CodeAnalysis.CSharp.BannedApiAnalyzers.dll"));
        return [.. analyzers.GetTypes().Where(type => type is { IsAbstract: false } && typeof(DiagnosticAnalyzer).IsAssignableFrom(type))
            .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)
            .Where(analyzer => analyzer.SupportedDiagnostics.Any(descriptor => descriptor.Id == "RS0030"))];
    }

    private sealed class ListFile(string text) : AdditionalText
    {
        public override string Path => "BannedSymbols.txt";

        public override RoslynText GetText(CancellationToken cancellationToken = default) => RoslynText.From(text);
    }
}
