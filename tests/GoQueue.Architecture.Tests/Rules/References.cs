using System.Xml.Linq;
using GoQueue.Architecture.Tests.Reading;

namespace GoQueue.Architecture.Tests.Rules;

/// <summary>Who may see whom, by the project files and, because those bring things along, by the built assemblies.</summary>
internal static class References
{
    public static IEnumerable<string> OfProjectFile(Project project, string xml)
    {
        XDocument file = XDocument.Parse(xml);
        foreach (string include in Includes(file, "ProjectReference"))
        {
            string name = Path.GetFileNameWithoutExtension(include.Replace('\\', '/'));
            if (!project.Projects.Contains(name))
            {
                yield return $"{project.Name} (ring {project.Ring}) must not reference {name}";
            }
        }

        foreach (string package in Includes(file, "PackageReference"))
        {
            if (!project.Packages.Contains(package))
            {
                yield return $"{project.Name} must not reference the package {package}: its room is elsewhere, or the list in Rings.cs needs a reason to grow";
            }
        }

        foreach (XElement version in file.Descendants("PackageReference").Where(element => element.Attribute("Version") is not null))
        {
            yield return $"{project.Name} gives {version.Attribute("Include")?.Value} a version of its own: versions stand in Directory.Packages.props";
        }

        foreach (string framework in Includes(file, "FrameworkReference").Where(_ => project.Name != "GoQueue.Server"))
        {
            yield return $"{project.Name} must not reference the framework {framework}: hosts only";
        }

        foreach (string friend in Includes(file, "InternalsVisibleTo").Where(friend => !IsTest(friend)))
        {
            yield return $"{project.Name} opens its internals to {friend}: only tests may look inside";
        }

        foreach (string name in new[] { "RunAnalyzers", "TreatWarningsAsErrors", "Nullable", "NoWarn", "RunAnalyzersDuringBuild" })
        {
            foreach (XElement element in file.Descendants(name).Where(element => !element.Value.Contains("$(NoWarn)", StringComparison.Ordinal) || element.Value.Contains("RS0030", StringComparison.Ordinal)))
            {
                yield return $"{project.Name} sets {name} to '{element.Value}': the rules of the house are set once, in Directory.Build.props and .editorconfig";
            }
        }
    }

    public static IEnumerable<string> OfAssembly(Project project, CompiledAssembly assembly)
    {
        foreach (string reference in assembly.References)
        {
            if (Rings.Projects.Any(other => other.Name == reference || AssemblyNameOf(other) == reference))
            {
                if (!project.Projects.Contains(reference))
                {
                    yield return $"{project.Name} (ring {project.Ring}) was built against {reference}";
                }
            }
            else if (!IsBaseLibrary(reference) && !project.Assemblies.Any(allowed => Matches(allowed, reference)))
            {
                yield return $"{project.Name} was built against {reference}, which is not on its list";
            }
        }
    }

    /// <summary>Projects in the solution folder that the list does not know, and the other way round.</summary>
    public static IEnumerable<string> OfFolder(IEnumerable<string> files)
    {
        HashSet<string> found = [.. files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal))];
        return found.Where(file => Rings.Projects.All(project => project.File != file)).Select(file => $"{file} is not in the reference list: decide its ring first")
            .Concat(Rings.Projects.Where(project => !found.Contains(project.File)).Select(project => $"{project.File} is in the reference list but not there"));
    }

    private static string AssemblyNameOf(Project project) =>
        project.Name switch { "GoQueue.Server" => "goqueue-server", "GoQueue.Cli" => "goqueue", _ => project.Name };

    private static IEnumerable<string> Includes(XDocument file, string element) =>
        file.Descendants(element).Select(item => item.Attribute("Include")?.Value).OfType<string>();

    private static bool IsTest(string friend) =>
        friend.EndsWith(".Tests", StringComparison.Ordinal) || friend is "GoQueue.Simulation" or "GoQueue.Benchmarks" or "GoQueue.Fuzz" or "GoQueue.FaultyServer";

    private static bool IsBaseLibrary(string reference) =>
        reference.StartsWith("System.", StringComparison.Ordinal) && reference != "System.CommandLine" || reference is "System" or "netstandard" or "Microsoft.Win32.Primitives";

    private static bool Matches(string allowed, string reference) => allowed.EndsWith('*')
        ? reference.StartsWith(allowed[..^1], StringComparison.Ordinal)
        : reference == allowed;
}
