using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Reference;

/// <summary>The hidden <c>goqueue __reference</c>: prints the command reference, or writes it into docs/cli.md.</summary>
internal static class ReferenceCommand
{
    public static void AddTo(CommandTree tree)
    {
        Option<string?> update = OptionOf.Text("--update", "Replace the generated part of this file.", "FILE");
        Command command = new Command("__reference", "Print the command reference.") { update }.Hide();
        tree.Add(null, command, CommandText.None, async session =>
        {
            if (session.Get(update) is { } path)
            {
                await File.WriteAllTextAsync(path, CommandReference.Update(await File.ReadAllTextAsync(path), tree));
            }
            else
            {
                session.Streams.WriteText(CommandReference.Generate(tree));
            }

            return ExitCode.Ok;
        });
    }
}
