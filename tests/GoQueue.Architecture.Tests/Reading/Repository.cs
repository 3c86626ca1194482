using System.Diagnostics;
using System.Reflection;

namespace GoQueue.Architecture.Tests.Reading;

/// <summary>The files of the repository that these tests were built from. Paths are relative to its root, with forward slashes.</summary>
internal static class Repository
{
    private static readonly Lazy<IReadOnlyList<string>> Listed = new(List);

    public static string Root { get; } = Metadata("RepositoryRoot");

    /// <summary>Everything git tracks or would add: build output and scratch data are not in it.</summary>
    public static IReadOnlyList<string> Files => Listed.Value;

    /// <summary>Hand-written C# below <paramref name="folder"/>.</summary>
    public static IEnumerable<string> CSharp(string folder) =>
        Files.Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static bool Exists(string file) => File.Exists(Path.Combine(Root, file));

    public static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;

    private static List<string> List()
    {
        ProcessStartInfo start = new("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        // Started from a hook, git passes its own idea of the repository on; ours is the folder.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("GIT_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        using Process git = Process.Start(start) ?? throw new InvalidOperationException("git did not start");
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git ls-files answered {git.ExitCode}: these tests read the repository through git");
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(Exists).Order(StringComparer.Ordinal)];
    }
}
