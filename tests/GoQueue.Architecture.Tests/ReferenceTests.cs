using GoQueue.Architecture.Tests.Reading;
using GoQueue.Architecture.Tests.Rules;

namespace GoQueue.Architecture.Tests;

/// <summary>The reference list of <see cref="Rings"/> holds, in the project files and in what was built from them.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<string> Projects => [.. Rings.Projects.Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_file_references_only_what_its_ring_may_see(string name)
    {
        Project project = Rings.Find(name);
        Check.None(References.OfProjectFile(project, Repository.Read(project.File)));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_built_assembly_uses_only_what_its_ring_may_see(string name) =>
        Check.None(References.OfAssembly(Rings.Find(name), CompiledAssembly.OfProject(name)));

    [Fact]
    public void Every_project_below_src_is_on_the_list() => Check.None(References.OfFolder(Repository.Files));

    [Fact]
    public void References_point_inwards_and_ring_1_projects_do_not_see_each_other()
    {
        Check.None(Rings.Projects.SelectMany(project => project.Projects.Select(Rings.Find)
            .Where(seen => seen.Ring > project.Ring || (seen.Ring == project.Ring && project.Ring < 3))
            .Select(seen => $"the list lets {project.Name} see {seen.Name}")));
    }

    [Fact]
    public void The_rings_of_the_build_are_the_rings_of_the_list()
    {
        string props = Repository.Read("Directory.Build.props");
        Check.None(Rings.Projects.Where(project => project.IsSimulated != BannedSymbolTests.IsAttached(props, project.Name))
            .Select(project => $"{project.Name} is in ring {project.Ring} of the list, but Directory.Build.props treats it otherwise"));
    }

    // The rules can fail:

    [Theory]
    [InlineData("<ProjectReference Include=\"../GoQueue.Storage/GoQueue.Storage.csproj\" />", "GoQueue.Storage")]
    [InlineData("<PackageReference Include=\"Serilog\" />", "Serilog")]
    [InlineData("<PackageReference Include=\"Serilog\" Version=\"1.0.0\" />", "version of its own")]
    [InlineData("<FrameworkReference Include=\"Microsoft.AspNetCore.App\" />", "Microsoft.AspNetCore.App")]
    [InlineData("<InternalsVisibleTo Include=\"GoQueue.Broker\" />", "internals")]
    [InlineData("<RunAnalyzers>false</RunAnalyzers>", "RunAnalyzers")]
    public void A_forbidden_line_in_a_project_file_is_seen(string line, string expected) => Assert.Contains(
        References.OfProjectFile(Rings.Find("GoQueue.Partitions"), $"<Project><ItemGroup>{line}</ItemGroup></Project>"),
        violation => violation.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void A_forbidden_reference_of_an_assembly_is_seen()
    {
        CompiledAssembly broker = CompiledAssembly.OfProject("GoQueue.Broker");

        Assert.Contains(References.OfAssembly(Rings.Find("GoQueue.Client"), broker), violation => violation.EndsWith("GoQueue.Metadata", StringComparison.Ordinal));
        Assert.Contains(
            References.OfAssembly(Rings.Find("GoQueue.Storage"), CompiledAssembly.OfProject("GoQueue.Contracts")),
            violation => violation.Contains("Google.Protobuf", StringComparison.Ordinal));
    }

    [Fact]
    public void A_project_that_the_list_does_not_know_is_seen()
    {
        string[] files = [.. Rings.Projects.Skip(1).Select(project => project.File), "src/GoQueue.New/GoQueue.New.csproj"];

        Assert.Collection(
            References.OfFolder(files),
            violation => Assert.Contains("GoQueue.New", violation, StringComparison.Ordinal),
            violation => Assert.Contains("GoQueue.Core", violation, StringComparison.Ordinal));
    }
}
