using System.CommandLine;
using System.Runtime.InteropServices;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Verify;

/// <summary>
/// <c>goqueue verify</c>: the consistency check that users can run. All of it is the work of the program goqueue-chaos beside goqueue; what stands here is for the help and
/// for completion, and the words are passed on as they came.
/// </summary>
internal static class VerifyCommand
{
    private const string Name = "verify";

    public static void AddTo(CommandTree tree)
    {
        Command verify = new(Name, "Start a real cluster, break it, and judge what its clients saw.");
        foreach (Option option in RunOptions())
        {
            verify.Options.Add(option);
        }

        tree.Add(
            null,
            verify,
            new CommandText(
                "A run is one or more trials. Each starts a cluster of goqueue-server processes, lets clients work on it, makes faults happen and takes them back, waits for recovery, "
                + "reads every partition from every replica, compares their files, and judges the whole history. The last line says valid, invalid or unknown; the exit code is 0, 1 or 2. "
                + "Without --faults, --pairs, --mixtures or --soak it is one mixture of all faults. As root every node gets a network, a disk and a clock of its own, which are taken "
                + "away at the end, after Ctrl-C too; without root nodes on loopback are killed and paused, and what is left out is said.",
                ("goqueue verify", "a minute of everything that this machine allows"),
                ("goqueue verify list", "the faults, and which of them are possible here"),
                ("goqueue verify --faults kill-all,power-all --seconds 180", "two trials of three minutes"),
                ("goqueue verify --pairs 20 --seconds 180 --seed 7", "twenty pairs of faults, the same ones each time"),
                ("goqueue verify --plain", "without root, on loopback"),
                ("goqueue verify --attach n1=http://10.0.0.1:8080,n2=http://10.0.0.2:8080,n3=http://10.0.0.3:8080 --hook \"kill=ssh {node} pkill -9 goqueue-server\" --hook \"start=ssh {node} systemctl start goqueue\"", "your own cluster, broken by your own commands"),
                ("goqueue verify check goqueue-chaos/20260131-120000/kill-all/history.jsonl", "judge a history again")),
            BecomeAsync);
        Option<bool> json = OptionOf.Flag("--json", "Print the verdict as JSON.");
        tree.Add(
            verify,
            new Command("check", "Judge a history file.") { HistoryFile(), json },
            new CommandText("The exit code is 0 for valid, 1 for invalid, 2 for unknown: cut off, too few operations, or no final reads."),
            BecomeAsync);
        tree.Add(
            verify,
            new Command("report", "Make the page over one or several histories.")
            {
                new Argument<string[]>("histories") { Description = "Files history.jsonl, or folders of trials.", Arity = ArgumentArity.OneOrMore },
                OptionOf.Text("--to", "The page. Default report.html.", "FILE"),
            },
            new CommandText("A run writes its pages by itself; this makes them again, or one over several runs.", ("goqueue verify report goqueue-chaos/20260131-120000/*/", "all trials of a run")),
            BecomeAsync);
        tree.Add(
            verify,
            new Command("mutate", "Damage a history in known ways and see whether the checker notices.")
            {
                HistoryFile(),
                OptionOf.Whole("--seed", [], "Repeats the choices. Default 1.", "NUMBER", 0, int.MaxValue),
                OptionOf.Text("--to", "Write one damaged history here instead of trying all kinds.", "FILE"),
            },
            new CommandText("Every kind of damage that clients can see must be found; the score is printed, and the exit code is 1 when one was not."),
            BecomeAsync);
        tree.Add(
            verify,
            new Command("export", "Write a history for other checkers.")
            {
                HistoryFile(),
                OptionOf.Text("--format", "jepsen (EDN in the shape of jepsen.tests.kafka) or intervals (call and return of register operations). Default jepsen.", "FORMAT"),
                OptionOf.Text("--to", "The file; default is standard output.", "FILE"),
            },
            CommandText.None,
            BecomeAsync);
        tree.Add(verify, new Command("list", "Show the faults, and which of them this machine allows."), CommandText.None, BecomeAsync);
    }

    private static Argument<string> HistoryFile() => new("history") { Description = "A history.jsonl." };

    private static IEnumerable<Option> RunOptions() =>
    [
        OptionOf.Text("--faults", "A trial for each of these faults, separated by commas; all for every one, none for a trial without.", "NAMES"),
        OptionOf.Whole("--pairs", [], "Draw so many pairs of faults that overlap; a trial for each.", "COUNT", 0, 1000),
        OptionOf.Whole("--mixtures", [], "So many trials in which faults of all kinds are drawn.", "COUNT", 0, 1000),
        OptionOf.Flag("--soak", "Mixtures with fresh seeds until stopped."),
        OptionOf.Whole("--seconds", [], "Length of a trial until its last fault ends. Default 60.", "COUNT", 5, 86_400),
        OptionOf.Whole("--seed", [], "Repeats the schedule of faults and the choices of the clients. Drawn and printed without it.", "NUMBER", 0, int.MaxValue),
        OptionOf.Whole("--nodes", [], "Nodes of the cluster. Default 3; faults that need more get more.", "COUNT", 3, 9),
        OptionOf.Flag("--plain", "Only kill and pause processes on loopback, as without root."),
        OptionOf.Text("--bin", "Folder of goqueue-server. Default: beside goqueue.", "DIR"),
        OptionOf.Text("--attach", "Nodes of a running cluster, n1=http://host:8080,... with their HTTP addresses.", "NODES"),
        new Option<string[]>("--hook") { Description = "With --attach: the command that does kill, start, pause, resume, cut or heal to {node}.", HelpName = "DEED=COMMAND" },
        OptionOf.Text("--workloads", "What clients do: log, idempotent, offsets, register. Default all.", "NAMES"),
        OptionOf.Whole("--rate", [], "Messages a second of all senders together. Default 200.", "COUNT", 1, 20_000),
        OptionOf.Whole("--bytes", [], "Bytes of a message. Default 200.", "COUNT", 48, 1 << 20),
        OptionOf.Text("--topic", "The topic to use. Default chaos.", "NAME"),
        OptionOf.Whole("--partitions", [], "Its partitions. Default 3.", "COUNT", 1, 32),
        OptionOf.Whole("--replicas", [], "Its replicas. Default 3.", "COUNT", 1, 9),
        OptionOf.Whole("--min-isr", [], "Replicas that must hold a message before it is acknowledged. Default 2.", "COUNT", 1, 9),
        OptionOf.Text("--out", "Folder for histories, reports and logs. Default goqueue-chaos/DATE.", "DIR"),
    ];

    /// <summary>This process becomes goqueue-chaos: signals reach it, and its exit code is ours.</summary>
    private static Task<ExitCode> BecomeAsync(Session session)
    {
        string[] words = [.. session.Words.SkipWhile(word => word != Name).Skip(1)];
        string folder = session.Environment.BaseDirectory;
        string program = Path.Combine(folder, "goqueue-chaos");
        if (!File.Exists(program))
        {
            throw CommandFailure.Refused($"goqueue-chaos is not beside goqueue in {folder}", "build both with `make build` and run bin/goqueue");
        }

        session.Streams.Output.Flush();
        _ = NativeMethods.Execute(program, [program, .. words, null]);
        throw CommandFailure.Refused($"cannot start {program}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}", "build it again with `make build`");
    }
}
