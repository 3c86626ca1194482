using System.Net;
using GoQueue.Server.Peers;

namespace GoQueue.Server.Configuration;

/// <summary>What loading came to: either options, or every mistake that was found.</summary>
internal sealed record ConfigurationOutcome(
    CommandLine CommandLine,
    EffectiveConfiguration Values,
    ServerOptions? Options,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Warnings);

/// <summary>Flags over environment over file over defaults. Finds all mistakes before giving up, so that they are corrected in one go.</summary>
internal static class ConfigurationLoader
{
    public static ConfigurationOutcome Load(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        List<string> problems = [];
        List<string> warnings = [];
        List<GivenValue> given = [];
        CommandLine line = CommandLine.Read(arguments, problems);

        // Weakest first, so that the strongest is the last word on its key. Weaker values are checked all the same.
        string? path = line.ConfigPath ?? environment.GetValueOrDefault(EnvironmentValues.ConfigVariable);
        if (path is not null)
        {
            ConfigurationFile.Read(path, environment.GetValueOrDefault, given, problems);
        }

        EnvironmentValues.Read(environment, given, warnings);
        given.AddRange(line.Values);

        EffectiveConfiguration values = new();
        foreach (GivenValue value in given)
        {
            Check(value, values, problems);
        }

        PeerTls? tls = null;
        if (problems.Count == 0)
        {
            CheckTogether(values, problems);
            ClusterChecks.Check(values, problems);
            tls = ClusterChecks.LoadTls(values, problems);
        }

        return new ConfigurationOutcome(line, values, problems.Count == 0 ? ServerOptions.Bind(values, tls) : null, problems, warnings);
    }

    private static void Check(GivenValue value, EffectiveConfiguration values, List<string> problems)
    {
        if (OptionCatalog.Find(value.Key) is not { } option)
        {
            string hint = NearestName.Of(value.Key, [.. OptionCatalog.All.Select(known => known.Key)]) is { } nearest ? $"; did you mean {nearest}?" : "; see --help";
            problems.Add($"{value.Key} ({value.Source}): there is no such option{hint}");
        }
        else if (!option.Accepts(value.Text))
        {
            problems.Add($"{value.Key} = '{value.Text}' ({value.Source}): allowed is {option.Allowed}");
        }
        else
        {
            values.Override(value);
        }
    }

    /// <summary>What is wrong only in combination.</summary>
    private static void CheckTogether(EffectiveConfiguration values, List<string> problems)
    {
        IPAddress bind = values.Get(OptionCatalog.Bind);
        if (!IPAddress.IsLoopback(bind) && !values.Get(OptionCatalog.InsecurePublic))
        {
            problems.Add($"bind = '{bind}' ({values.SourceOf(OptionCatalog.Bind)}): the address is reachable from other machines and this version has no " +
                "authentication yet (it comes with a later release); bind to loopback, or give --insecure-public when something else guards the node");
        }

        Option<int>[] ports = [OptionCatalog.HttpPort, OptionCatalog.GrpcPort, OptionCatalog.MetricsPort, OptionCatalog.PeerPort];
        foreach (IGrouping<int, Option<int>> same in ports.GroupBy(values.Get).Where(group => group.Key != 0 && group.Count() > 1))
        {
            problems.Add($"port {same.Key} is given to {string.Join(" and ", same.Select(port => $"{port.Key} ({values.SourceOf(port)})"))}: each needs its own");
        }

        if (values.Get(OptionCatalog.HttpBodyMemory) < values.Get(OptionCatalog.HttpMaxBody))
        {
            problems.Add($"http.body-memory = '{values.TextOf(OptionCatalog.HttpBodyMemory)}' ({values.SourceOf(OptionCatalog.HttpBodyMemory)}): " +
                $"allowed is http.max-body-bytes ({values.TextOf(OptionCatalog.HttpMaxBody)}) or more");
        }
    }
}
