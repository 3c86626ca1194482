using System.CommandLine;
using System.Text.Json.Nodes;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Output;
using GoQueue.Cli.Values;

namespace GoQueue.Cli.Contexts;

/// <summary><c>goqueue context</c>: named servers, so that --server need not be typed.</summary>
internal static class ContextCommands
{
    public static void AddTo(CommandTree tree)
    {
        Command group = tree.AddGroup(null, new Command("context", "Named servers, kept in a file of yours."), new CommandText(
            "The file is $GOQUEUE_CLI_CONFIG, else $XDG_CONFIG_HOME/goqueue/config.yaml, else ~/.config/goqueue/config.yaml; only you can read it. "
            + "An address is taken from --server, else from --context, else from GOQUEUE_SERVER, else from the current context."));
        AddList(tree, group);
        AddCurrent(tree, group);
        AddSet(tree, group);
        AddUse(tree, group);
        AddDelete(tree, group);
    }

    /// <summary>Completes names of contexts.</summary>
    private static Argument<string> NameArgument(CommandTree tree)
    {
        Argument<string> name = new("name") { Description = "Name of the context: letters, digits, '.', '_', '-'." };
        name.CompletionSources.Add(_ => [.. NamesForCompletion(tree)]);
        return name;
    }

    private static IEnumerable<string> NamesForCompletion(CommandTree tree)
    {
        try
        {
            return ContextFile.Locate(tree.Environment.Variable).Read().Contexts.Keys;
        }
        catch (CommandFailure)
        {
            return []; // Completion offers what it can; the command itself will say what is wrong with the file.
        }
    }

    private static void AddList(CommandTree tree, Command group) => tree.Add(
        group,
        new Command("list", "List the contexts; * marks the current one."),
        CommandText.None,
        session =>
        {
            ContextBook book = FileOf(session).Read();
            JsonArray list = [];
            ResultTable table = new("CURRENT", "NAME", "SERVER", "OUTPUT");
            foreach (CliContext context in book.Contexts.Values)
            {
                bool current = string.Equals(context.Name, book.Current, StringComparison.Ordinal);
                list.Add((JsonNode)new JsonObject { ["name"] = context.Name, ["current"] = current, ["server"] = context.Server, ["output"] = context.Output });
                table.Add(current ? "*" : string.Empty, context.Name, context.Server ?? "-", context.Output ?? "-");
            }

            if (book.Contexts.Count == 0)
            {
                session.Notices.Say("no contexts yet; create one with `goqueue context set NAME --server HOST:PORT`");
            }

            session.Results.Write(new CommandResult(list, table));
            return Task.FromResult(ExitCode.Ok);
        });

    private static void AddCurrent(CommandTree tree, Command group) => tree.Add(
        group,
        new Command("current", "Print the name of the current context."),
        CommandText.None,
        session =>
        {
            ContextBook book = FileOf(session).Read();
            if (book.Current is not { } name)
            {
                throw CommandFailure.Refused("no context is current", "choose one with `goqueue context use NAME`");
            }

            session.Results.Write(new CommandResult(new JsonObject { ["current"] = name }, ResultTable.Line(name)));
            return Task.FromResult(ExitCode.Ok);
        });

    private static void AddSet(CommandTree tree, Command group)
    {
        Argument<string> name = NameArgument(tree);
        Option<OutputFormat?> output = OptionOf.Choice<OutputFormat>(
            "--default-output", [], "Print results in this format when the context is used.", ("table", OutputFormat.Table), ("json", OutputFormat.Json), ("yaml", OutputFormat.Yaml));
        Option<bool> use = OptionOf.Flag("--use", "Make it the current context, too.");
        tree.Add(
            group,
            new Command("set", "Create a context, or change the given settings of one. The first becomes the current one.") { name, output, use },
            new CommandText(
                string.Empty,
                ("goqueue context set local --server 127.0.0.1:9000", "create or change a context"),
                ("goqueue context set prod --server broker1.example:9000,broker2.example:9000 --default-output json --use", "create one for a cluster, with a default format, and use it")),
            session =>
            {
                ContextFile file = FileOf(session);
                ContextBook book = file.Read();
                string chosen = session.Get(name);
                if (!ContextBook.IsValidName(chosen))
                {
                    throw CommandFailure.Usage($"'{chosen}' is not a name for a context", "use 1 to 63 letters, digits, '.', '_' or '-'");
                }

                string? server = session.NamedServer;
                if (server is not null)
                {
                    server = ServerAddresses.TryParse(server, out _)
                        ? string.Join(',', server.Split(',', StringSplitOptions.TrimEntries)) // as it was written, so that a default port may change
                        : throw CommandFailure.Usage($"'{server}' (--server) is not an address", $"write {ServerAddresses.Expected}");
                }

                CliContext old = book.Contexts.GetValueOrDefault(chosen, new CliContext(chosen, null, null));
                bool fresh = !book.Contexts.ContainsKey(chosen);
                if (fresh && server is null)
                {
                    throw CommandFailure.Usage($"a new context needs an address", $"add --server HOST:PORT: `goqueue context set {chosen} --server 127.0.0.1:9000`");
                }

                string? format = session.Get(output)?.ToString().ToLowerInvariant();
                book = book.With(old with { Server = server ?? old.Server, Output = format ?? old.Output });
                book = session.Get(use) || book.Contexts.Count == 1 ? book with { Current = chosen } : book;
                file.Write(book);
                string current = string.Equals(book.Current, chosen, StringComparison.Ordinal) ? "; it is the current one" : string.Empty;
                session.Notices.Say($"context {chosen} {(fresh ? "created" : "changed")}{current}");
                return Task.FromResult(ExitCode.Ok);
            });
    }

    private static void AddUse(CommandTree tree, Command group)
    {
        Argument<string> name = NameArgument(tree);
        tree.Add(
            group,
            new Command("use", "Make a context the current one.") { name },
            new CommandText(string.Empty, ("goqueue context use prod", "every later command talks to prod")),
            session =>
            {
                ContextFile file = FileOf(session);
                ContextBook book = file.Read();
                string chosen = Existing(session.Get(name), book, file);
                file.Write(book with { Current = chosen });
                session.Notices.Say($"using context {chosen} ({book.Contexts[chosen].Server ?? ServerAddress.Default.ToString()})");
                return Task.FromResult(ExitCode.Ok);
            });
    }

    private static void AddDelete(CommandTree tree, Command group)
    {
        Argument<string> name = NameArgument(tree);
        tree.Add(
            group,
            new Command("delete", "Forget a context.") { name },
            CommandText.None,
            session =>
            {
                ContextFile file = FileOf(session);
                ContextBook book = file.Read();
                string chosen = Existing(session.Get(name), book, file);
                file.Write(book.Without(chosen));
                bool wasCurrent = string.Equals(book.Current, chosen, StringComparison.Ordinal);
                session.Notices.Say($"context {chosen} deleted" + (wasCurrent ? "; no context is current now, choose one with `goqueue context use NAME`" : string.Empty));
                return Task.FromResult(ExitCode.Ok);
            });
    }

    private static ContextFile FileOf(Session session) => ContextFile.Locate(session.Environment.Variable);

    private static string Existing(string name, ContextBook book, ContextFile file) => book.Contexts.ContainsKey(name)
        ? name
        : throw CommandFailure.Refused(
            $"no context is named {name} in {file.Path}",
            book.Contexts.Count == 0 ? $"create it with `goqueue context set {name} --server HOST:PORT`" : "choose one of " + string.Join(", ", book.Contexts.Keys));
}
