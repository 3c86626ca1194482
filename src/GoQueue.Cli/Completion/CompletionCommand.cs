using System.CommandLine;
using System.CommandLine.Completions;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Completion;

/// <summary><c>goqueue completion SHELL</c>, and the hidden <c>goqueue __complete -- WORDS</c> the scripts call.</summary>
internal static class CompletionCommand
{
    public static void AddTo(CommandTree tree)
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        tree.Add(
            null,
            new Command("completion", "Print the script that completes goqueue commands in a shell.") { shell },
            new CommandText(
                "Commands, options, their values, contexts and the topics of the server are completed.",
                ("source <(goqueue completion bash)", "for this shell; write it to ~/.local/share/bash-completion/completions/goqueue to keep it"),
                ("goqueue completion zsh > \"${fpath[1]}/_goqueue\"", "for zsh"),
                ("goqueue completion fish > ~/.config/fish/completions/goqueue.fish", "for fish")),
            session =>
            {
                session.Streams.WriteText(session.Get(shell) switch
                {
                    "zsh" => CompletionScripts.Zsh,
                    "fish" => CompletionScripts.Fish,
                    _ => CompletionScripts.Bash,
                });
                return Task.FromResult(ExitCode.Ok);
            });

        Argument<string[]> words = new("words") { Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        tree.Add(null, new Command("__complete") { words }.Hide(), CommandText.None, session =>
        {
            CompletionAnswer answer = Completer.Complete(tree.Root, session.Get(words), before => CommandLine.Parse(tree, before));
            if (answer.Files)
            {
                session.Streams.WriteText(":files\n");
            }

            foreach (CompletionItem item in answer.Items)
            {
                session.Streams.WriteText($"{item.Label}\t{item.Documentation}\n");
            }

            return Task.FromResult(ExitCode.Ok);
        });
    }

    private static Command Hide(this Command command)
    {
        command.Hidden = true;
        return command;
    }
}
