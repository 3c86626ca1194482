using System.CommandLine;
using GoQueue.Cli.Contexts;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Output;
using GoQueue.Cli.Values;

namespace GoQueue.Cli.Hosting;

/// <summary>The options every command has.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Context { get; } = new("--context")
    {
        Description = "Use this context instead of the current one (see goqueue context).",
        HelpName = "NAME",
        Recursive = true,
    };

    public Option<string?> Server { get; } = new("--server")
    {
        Description = "gRPC address of a node, or several of one cluster separated by commas: one that answers is enough. Else GOQUEUE_SERVER, the context, or 127.0.0.1:9000.",
        HelpName = "HOST:PORT,...",
        Recursive = true,
    };

    public Option<OutputFormat?> Output { get; } = OptionOf.Choice<OutputFormat>(
        "--output", ["-o"], "How to print results on standard output.", ("table", OutputFormat.Table), ("json", OutputFormat.Json), ("yaml", OutputFormat.Yaml));

    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "No colours, also without NO_COLOR in the environment. Colours are used on a terminal only.",
        Recursive = true,
    };

    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Say more on standard error, with the cause of a failure.",
        Recursive = true,
    };

    public GlobalOptions() => Output.Recursive = true;

    public void AddTo(RootCommand root)
    {
        root.Options.Add(Context);
        root.Options.Add(Server);
        root.Options.Add(Output);
        root.Options.Add(NoColor);
        root.Options.Add(Verbose);
    }

    /// <summary>Flag, then environment, then context, then default.</summary>
    /// <exception cref="CommandFailure">A context that does not exist, an address that is none, a file that cannot be used.</exception>
    public ResolvedDefaults Resolve(ParseResult parse, CliEnvironment environment)
    {
        CliContext? context = FindContext(parse, environment);
        string? named = parse.GetValue(Context);

        // A context named on this command line is closer than a variable set some time ago.
        (string? text, string source) = (parse.GetValue(Server), named, environment.Variable("GOQUEUE_SERVER")) switch
        {
            ({ } flag, _, _) => (flag, "--server"),
            (_, { } name, _) when context?.Server is { } server => (server, $"context {name}"),
            (_, _, { Length: > 0 } variable) => (variable, "GOQUEUE_SERVER"),
            _ => (context?.Server, $"context {context?.Name}"),
        };
        ServerAddresses? addresses = ServerAddresses.Default;
        if (text is null)
        {
            source = "default";
        }
        else if (!ServerAddresses.TryParse(text, out addresses))
        {
            throw CommandFailure.Usage($"'{text}' ({source}) is not an address", $"write {ServerAddresses.Expected}");
        }

        OutputFormat format = parse.GetValue(Output) ?? (context?.Output is { } output ? ParseFormat(output, context.Name) : OutputFormat.Table);
        return new ResolvedDefaults(addresses, source, format);
    }

    private CliContext? FindContext(ParseResult parse, CliEnvironment environment)
    {
        string? named = parse.GetValue(Context);

        // An address on the command line works even when the file does not; only a named context needs it.
        if (named is null && parse.GetValue(Server) is not null && parse.GetValue(Output) is not null)
        {
            return null;
        }

        ContextFile file = ContextFile.Locate(environment.Variable);
        ContextBook book = file.Read();
        string? name = named ?? book.Current;
        if (name is null || book.Contexts.TryGetValue(name, out CliContext? context))
        {
            return name is null ? null : book.Contexts[name];
        }

        string known = book.Contexts.Count == 0 ? "there is none yet" : "known: " + string.Join(", ", book.Contexts.Keys);
        throw CommandFailure.Usage($"no context is named {name} in {file.Path} ({known})", $"create it with `goqueue context set {name} --server HOST:PORT`, or choose another");
    }

    private static OutputFormat ParseFormat(string text, string context) => text switch
    {
        "table" => OutputFormat.Table,
        "json" => OutputFormat.Json,
        "yaml" => OutputFormat.Yaml,
        _ => throw CommandFailure.Usage($"context {context} has the output '{text}'", $"use table, json or yaml: `goqueue context set {context} --default-output json`"),
    };
}

/// <summary>What the global options come to.</summary>
/// <param name="Server">Nodes of one cluster.</param>
/// <param name="Source">Where the addresses came from, for messages.</param>
internal sealed record ResolvedDefaults(ServerAddresses Server, string Source, OutputFormat Format);
