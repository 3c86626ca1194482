namespace GoQueue.Server.Configuration;

/// <summary>
/// Reads <c>GOQUEUE_*</c>. A name that is none of ours is a warning, not an error: orchestrators put variables such as
/// <c>GOQUEUE_PORT_8080_TCP</c> there by themselves, and the command line tool has its own.
/// </summary>
internal static class EnvironmentValues
{
    public const string ConfigVariable = Option.EnvironmentPrefix + "CONFIG";

    public static void Read(IReadOnlyDictionary<string, string> environment, List<GivenValue> values, List<string> warnings)
    {
        Dictionary<string, Option> byName = OptionCatalog.All.ToDictionary(option => option.EnvironmentName, StringComparer.Ordinal);
        foreach ((string name, string text) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Option.EnvironmentPrefix, StringComparison.Ordinal) || name == ConfigVariable || IsOfTheCommandLine(name))
            {
                continue;
            }

            if (byName.TryGetValue(name, out Option? option))
            {
                values.Add(new GivenValue(option.Key, text, new OptionSource.Environment(name)));
            }
            else
            {
                string hint = NearestName.Of(name, byName.Keys) is { } nearest ? $"; did you mean {nearest}?" : string.Empty;
                warnings.Add($"environment variable {name} is not an option of this server and is ignored{hint}");
            }
        }
    }

    /// <summary>Variables of the <c>goqueue</c> tool, which may have started this process.</summary>
    private static bool IsOfTheCommandLine(string name) => name is "GOQUEUE_SERVER" or "GOQUEUE_SERVER_EXE";
}
