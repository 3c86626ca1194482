using System.CommandLine;
using System.CommandLine.Help;
using GoQueue.Cli.Bench;
using GoQueue.Cli.Cluster;
using GoQueue.Cli.Completion;
using GoQueue.Cli.Consume;
using GoQueue.Cli.Contexts;
using GoQueue.Cli.Dev;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Produce;
using GoQueue.Cli.Reference;
using GoQueue.Cli.Topics;
using GoQueue.Cli.Verify;

namespace GoQueue.Cli.Hosting;

/// <summary>All commands of goqueue.</summary>
internal sealed class CommandTree
{
    private readonly CliEnvironment environment;
    private readonly Interruption interruption;
    private readonly Dictionary<Command, CommandText> texts = [];
    private readonly HashSet<Symbol> topicNames = [];

    public CommandTree(CliEnvironment environment, Interruption interruption)
    {
        this.environment = environment;
        this.interruption = interruption;
        Root = new RootCommand("Topics, messages and measurements of a GoQueue broker, from the command line.");
        Root.Directives.Clear();
        Root.Options.Clear();
        HelpOption help = new("--help", "-h") { Description = "Show what this command does and takes.", Recursive = true };
        help.Action = new HelpWithExamples(help.Action!, this);
        Root.Options.Add(help);
        Globals.AddTo(Root);

        DevCommand.AddTo(this);
        TopicCommands.AddTo(this);
        ProduceCommand.AddTo(this);
        ConsumeCommand.AddTo(this);
        OffsetsCommand.AddTo(this);
        ClusterCommands.AddTo(this);
        BenchCommands.AddTo(this);
        VerifyCommand.AddTo(this);
        ContextCommands.AddTo(this);
        CompletionCommand.AddTo(this);
        VersionCommand.AddTo(this);
        ReferenceCommand.AddTo(this);
        ServerLauncher.AddTo(this);
    }

    public RootCommand Root { get; }

    public GlobalOptions Globals { get; } = new();

    public CliEnvironment Environment => environment;

    /// <summary>Adds a command under <paramref name="parent"/> (null: the root) that runs <paramref name="run"/>.</summary>
    public Command Add(Command? parent, Command command, CommandText text, Func<Session, Task<ExitCode>> run)
    {
        command.SetAction(async (parse, _) => (int)await run(new Session(parse, Globals, environment, interruption)));
        return AddGroup(parent, command, text);
    }

    /// <summary>Adds a command that only holds others.</summary>
    public Command AddGroup(Command? parent, Command command, CommandText text)
    {
        texts[command] = text;
        (parent ?? Root).Subcommands.Add(command);
        return command;
    }

    /// <summary>An argument that names a topic the server has; shells complete it by asking the server.</summary>
    public Argument<string> ExistingTopic(string description = "Name of the topic.")
    {
        Argument<string> topic = new("topic") { Description = description };
        topicNames.Add(topic);
        return topic;
    }

    /// <summary>Whether the values of this argument are names of topics.</summary>
    public bool NamesTopic(Symbol symbol) => topicNames.Contains(symbol);

    /// <summary>What the reference and the help say besides the options.</summary>
    public CommandText TextOf(Command command) => texts.GetValueOrDefault(command, CommandText.None);
}
