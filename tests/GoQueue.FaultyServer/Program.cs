using System.Collections;
using GoQueue.FaultyServer;
using GoQueue.PlantedFaults;
using GoQueue.Replication;
using GoQueue.Server.Hosting;

// A broker with one fault planted in it or before it (ADR 0015), named by the variable DELIBERATE_BUG: what `make chaos-bugs` gives to the harness, which must find it.
const int Seed = 1;
string name = Environment.GetEnvironmentVariable("DELIBERATE_BUG") ?? nameof(DeliberateBugs.None);
PlantedFault fault = PlantedFault.None;
if (!Enum.TryParse(name, ignoreCase: true, out DeliberateBugs bug) && !Enum.TryParse(name, ignoreCase: true, out fault))
{
    await Console.Error.WriteLineAsync($"there is no bug '{name}'; there are {string.Join(", ", Enum.GetNames<DeliberateBugs>().Concat(Enum.GetNames<PlantedFault>()).Distinct())}");
    return 2;
}

Dictionary<string, string> environment = new(StringComparer.Ordinal);
foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
{
    environment[(string)variable.Key] = (string?)variable.Value ?? string.Empty;
}

return await ServerProcess.RunAsync(
    args,
    environment,
    options => options with
    {
        Broker = options.Broker with
        {
            Replication = options.Broker.Replication with { Replica = options.Broker.Replication.Replica with { Bugs = bug } },
        },
    },
    broker =>
    {
        FaultSource source = new(fault, new Random(Seed));
        return broker with
        {
            Partitions = source.Around(broker.Partitions),
            Routes = broker.Routes is { } routes ? new FaultyRoutes(routes, source) : null,
        };
    });
