using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace GoQueue.Architecture.Tests.Reading;

/// <summary>Code that breaks a rule on purpose, compiled in memory: it shows that the rule can fail.</summary>
internal static class Sample
{
    private static readonly Lazy<MetadataReference[]> Framework = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    public static CSharpCompilation Compile(string code, string assemblyName = "Sample") => CSharpCompilation.Create(
        assemblyName,
        [CSharpSyntaxTree.ParseText(code)],
        Framework.Value,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true));

    public static CompiledAssembly Build(string code, string assemblyName = "Sample")
    {
        using MemoryStream image = new();
        Microsoft.CodeAnalysis.Emit.EmitResult result = Compile(code, assemblyName).Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return CompiledAssembly.Load(image.ToArray());
    }
}
