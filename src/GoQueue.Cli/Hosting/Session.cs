using System.CommandLine;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Output;
using GoQueue.Cli.Values;
using GoQueue.Client;

namespace GoQueue.Cli.Hosting;

/// <summary>One run of one command: what was asked for and where the answer goes.</summary>
internal sealed class Session(ParseResult parse, GlobalOptions globals, CliEnvironment environment, Interruption interruption)
{
    private ResolvedDefaults? defaults;

    public CliEnvironment Environment => environment;

    public CommandStreams Streams => environment.Streams;

    public Interruption Interruption => interruption;

    /// <summary>The command line as it was given, word by word.</summary>
    public IReadOnlyList<string> Words => [.. parse.Tokens.Select(token => token.Value)];

    /// <summary>Cancelled by the first Ctrl-C or termination signal.</summary>
    public CancellationToken Cancel => interruption.Token;

    public bool Verbose => parse.GetValue(globals.Verbose);

    public Notices Notices => field ??= new Notices(Streams, Verbose);

    public OutputFormat Format => Defaults.Format;

    public ServerAddresses Server => Defaults.Server;

    /// <summary>Where the addresses came from, for messages.</summary>
    public string ServerSource => Defaults.Source;

    public ResultWriter Results => field ??= new ResultWriter(Streams, Format, UseColor && Streams.OutputIsTerminal);

    /// <summary>Whether colours are wanted at all; a terminal is needed besides.</summary>
    public bool UseColor => !parse.GetValue(globals.NoColor) && string.IsNullOrEmpty(environment.Variable("NO_COLOR")) && environment.Variable("TERM") is not "dumb";

    public string? NamedContext => parse.GetValue(globals.Context);

    /// <summary>The address as given by --server, unresolved; null without.</summary>
    public string? NamedServer => parse.GetValue(globals.Server);

    // Resolved when first needed: `context` commands must work while the file names a context that is gone.
    private ResolvedDefaults Defaults => defaults ??= globals.Resolve(parse, environment);

    /// <summary>Runs <paramref name="work"/> with a client of the session's server; a failure names that server.</summary>
    public async Task<ExitCode> WithClientAsync(Func<GoQueueClient, Task<ExitCode>> work)
    {
        await using GoQueueClient client = Connection.Open(this);
        try
        {
            return await work(client);
        }
        catch (GoQueueException e)
        {
            throw FailureTranslation.OfServer(e, Server);
        }
    }

    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => parse.GetRequiredValue(argument);

    public bool IsGiven(Option option) => parse.GetResult(option) is { Implicit: false };

    /// <summary>Refuses two options that do not go together.</summary>
    public void Exclusive(Option first, Option second)
    {
        if (IsGiven(first) && IsGiven(second))
        {
            throw CommandFailure.Usage($"{first.Name} and {second.Name} do not go together", $"leave one of them out");
        }
    }
}
