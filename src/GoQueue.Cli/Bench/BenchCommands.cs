using System.CommandLine;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Bench;

/// <summary><c>goqueue bench</c>.</summary>
internal static class BenchCommands
{
    public static void AddTo(CommandTree tree)
    {
        Command group = tree.AddGroup(null, new Command("bench", "Measure a broker: publishing, reading, end-to-end latency."), new CommandText(
            "Every result comes with its conditions: acknowledgements, flush mode, sizes, clients, machine, and with --probe the speed of the disk in the same minute. "
            + "A figure without them says nothing. Client and broker on one machine share its processors."));
        BenchProduceCommand.AddTo(tree, group);
        BenchConsumeCommand.AddTo(tree, group);
        BenchLatencyCommand.AddTo(tree, group);
    }
}
