using System.CommandLine;
using System.CommandLine.Completions;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Client;

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
        tree.Add(null, new Command("__complete") { words }.Hide(), CommandText.None, async session =>
        {
            Completer completer = new(tree.Root, tree.NamesTopic, before => CommandLine.Parse(tree, before));
            CompletionAnswer answer = completer.Complete(session.Get(words));
            switch (answer.Kind)
            {
                case CompletionKind.Files:
                    session.Streams.WriteText(":files\n");
                    break;
                case CompletionKind.Topics:
                    // --server and --context of the half-typed line decide which server is asked.
                    Session typed = new(CommandLine.Parse(tree, session.Get(words)), tree.Globals, session.Environment, session.Interruption);
                    foreach (string topic in await TopicNamesAsync(typed))
                    {
                        session.Streams.WriteText(topic.StartsWith(answer.Typed, StringComparison.Ordinal) ? $"{topic}\ttopic\n" : string.Empty);
                    }

                    break;
                default:
                    foreach (CompletionItem item in answer.Items)
                    {
                        session.Streams.WriteText($"{item.Label}\t{item.Documentation}\n");
                    }

                    break;
            }

            return ExitCode.Ok;
        });
    }

    private static async Task<IEnumerable<string>> TopicNamesAsync(Session session)
    {
        try
        {
            await using GoQueueClient client = Connection.OpenBriefly(session);
            return (await client.Admin.ListTopicsAsync(session.Cancel)).Select(topic => topic.Name).Order(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is GoQueueException or CommandFailure or OperationCanceledException or InvalidOperationException)
        {
            return []; // A shell waits at the cursor; a server that is not there is no reason to disturb.
        }
    }
}
