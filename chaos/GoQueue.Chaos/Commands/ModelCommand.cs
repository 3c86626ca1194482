using GoQueue.Harness;
using GoQueue.History.Generation;

namespace GoQueue.Chaos.Commands;

/// <summary><c>model</c>: a history of a broker that does everything right, of any length; for measurements of the checker.</summary>
internal static class ModelCommand
{
    public static int Run(Arguments given)
    {
        ModelOptions options = new()
        {
            Seed = given.Number("--seed", 1, 0, int.MaxValue),
            Operations = given.Number("--operations", 1_000_000, 100, 100_000_000),
            Clients = given.Number("--clients", 20, 1, 1000),
            Partitions = given.Number("--partitions", 12, 1, 1000),
            UnknownPercent = 1,
            IsLogOnly = given.Switch("--log-only"),
        };
        string file = given.Text("--to") ?? throw new UsageException("expected --to FILE");
        given.Finish();
        try
        {
            ModelHistory.Generate(options, file);
        }
        catch (IOException failure)
        {
            throw new HarnessException(failure.Message);
        }

        return 0;
    }
}
