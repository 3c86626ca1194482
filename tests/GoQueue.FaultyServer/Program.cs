using System.Collections;
using GoQueue.Replication;
using GoQueue.Server.Hosting;

// A broker with one fault planted in it (ADR 0015), named by the variable DELIBERATE_BUG: what `make chaos-bugs` gives to the harness, which must find it.
string name = Environment.GetEnvironmentVariable("DELIBERATE_BUG") ?? nameof(DeliberateBugs.None);
if (!Enum.TryParse(name, ignoreCase: true, out DeliberateBugs bug))
{
    await Console.Error.WriteLineAsync($"there is no bug '{name}'; there are {string.Join(", ", Enum.GetNames<DeliberateBugs>())}");
    return 2;
}

Dictionary<string, string> environment = new(StringComparer.Ordinal);
foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
{
    environment[(string)variable.Key] = (string?)variable.Value ?? string.Empty;
}

return await ServerProcess.RunAsync(args, environment, options => options with
{
    Broker = options.Broker with
    {
        Replication = options.Broker.Replication with { Replica = options.Broker.Replication.Replica with { Bugs = bug } },
    },
});
