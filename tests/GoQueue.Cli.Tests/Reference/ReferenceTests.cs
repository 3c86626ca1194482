using GoQueue.Cli.Hosting;
using GoQueue.Cli.Reference;
using GoQueue.Cli.Tests.Running;

namespace GoQueue.Cli.Tests.Reference;

public sealed class ReferenceTests : IDisposable
{
    private readonly InProcess cli = new();

    [Fact]
    public void The_document_says_what_the_tool_does()
    {
        string document = File.ReadAllText(DocumentPath());

        Assert.True(
            string.Equals(document, CommandReference.Update(document, cli.Tree()), StringComparison.Ordinal),
            "docs/cli.md is out of date: run `goqueue __reference --update docs/cli.md`");
    }

    [Fact]
    public void Every_command_and_option_is_described()
    {
        CommandTree tree = cli.Tree();
        foreach (System.CommandLine.Command command in All(tree.Root))
        {
            Assert.False(string.IsNullOrEmpty(command.Description), command.Name);
            foreach (System.CommandLine.Option option in command.Options)
            {
                Assert.True(option.Description is { Length: > 0 } text && text.EndsWith('.'), $"{command.Name} {option.Name}");
                Assert.True(option.ValueType == typeof(bool) || option.HelpName is not null || option is System.CommandLine.Help.HelpOption, $"{command.Name} {option.Name}");
            }
        }
    }

    [Fact]
    public void Every_example_parses()
    {
        CommandTree tree = cli.Tree();
        foreach (System.CommandLine.Command command in All(tree.Root))
        {
            foreach ((string line, _) in tree.TextOf(command).Examples)
            {
                foreach (string part in line.Split('|', ';').Where(part => part.Contains("goqueue ", StringComparison.Ordinal)))
                {
                    string arguments = part[(part.IndexOf("goqueue ", StringComparison.Ordinal) + "goqueue ".Length)..].Split('>', ')', '<')[0];
                    string[] words = [.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(arguments.Replace('\'', '"'))];
                    Assert.True(CommandLine.Parse(tree, words).Errors.Count == 0, $"{line}: {string.Join("; ", CommandLine.Parse(tree, words).Errors)}");
                }
            }
        }
    }

    public void Dispose() => cli.Dispose();

    private static IEnumerable<System.CommandLine.Command> All(System.CommandLine.Command command) =>
        command.Subcommands.Where(child => !child.Hidden).SelectMany(All).Prepend(command);

    private static string DocumentPath()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "GoQueue.Raft.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder ?? throw new DirectoryNotFoundException("the tests do not run below the solution"), "docs", "cli.md");
    }
}
