using GoQueue.Architecture.Tests.Reading;
using GoQueue.Architecture.Tests.Rules;

namespace GoQueue.Architecture.Tests;

/// <summary>Documents exist, can be found from the map, and link to what is there.</summary>
public sealed class DocumentTests
{
    private static readonly HashSet<string> Files = [.. Repository.Files];

    [Fact]
    public void Every_project_has_a_readme() => Check.None(Documents.MissingReadmes(Files));

    [Fact]
    public void Every_format_description_is_linked_from_the_map() =>
        Check.None(Documents.UnlinkedInternals(Files, Repository.Read(Documents.Architecture)));

    [Fact]
    public void Links_between_documents_lead_somewhere() => Check.None(Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal))
        .SelectMany(file => Documents.DeadLinks(file, Repository.Read(file), Files)));

    [Fact]
    public void Every_decision_record_says_context_choice_and_consequences() => Check.None(Files
        .Where(file => file.StartsWith("docs/adr/", StringComparison.Ordinal))
        .SelectMany(file => Documents.IncompleteDecision(file, Repository.Read(file))));

    [Fact]
    public void What_a_newcomer_looks_for_is_there() => Check.None(
        new[] { "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", ".ci/run", Documents.Architecture, "docs/development.md", "docs/benchmarks.md" }
            .Where(file => !Files.Contains(file)));

    // The rules can fail:

    [Fact]
    public void A_missing_readme_is_seen() => Assert.NotEmpty(Documents.MissingReadmes(["src/GoQueue.New/GoQueue.New.csproj"]));

    [Fact]
    public void An_unlinked_format_is_seen()
    {
        Assert.NotEmpty(Documents.UnlinkedInternals(["docs/internals/segment.md"], "see [batch](internals/batch.md)"));
        Assert.Empty(Documents.UnlinkedInternals(["docs/internals/batch.md"], "see [batch](internals/batch.md#header)"));
    }

    [Fact]
    public void A_dead_link_is_seen()
    {
        string[] files = ["docs/a.md", "docs/adr/0001-x.md"];

        Assert.NotEmpty(Documents.DeadLinks("docs/a.md", "[x](b.md)", files));
        Assert.Empty(Documents.DeadLinks("docs/a.md", "[x](adr/0001-x.md) [folder](adr/) [web](https://example.org/x) [here](#top)", files));
        Assert.Empty(Documents.DeadLinks("docs/adr/0001-x.md", "[up](../a.md)", files));
    }

    [Fact]
    public void A_decision_without_consequences_is_seen() =>
        Assert.Single(Documents.IncompleteDecision("x", "# 9\n\n## Context\n\nwhy\n\n## Choice\n\nthis\n"));
}
