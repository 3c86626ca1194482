using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Output;

namespace GoQueue.Cli.Hosting;

/// <summary><c>goqueue version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The version of this build, without the commit that build servers append after a plus sign.</summary>
    public static string Number => Informational.Split('+')[0];

    private static string Informational =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void AddTo(CommandTree tree) => tree.Add(
        null,
        new Command("version", "Print the version of goqueue."),
        new CommandText(string.Empty, ("goqueue version -o json", "the version for a script")),
        session =>
        {
            string commit = Informational.Contains('+') ? Informational[(Informational.IndexOf('+') + 1)..] : string.Empty;
            JsonObject document = new() { ["version"] = Number, ["commit"] = commit, ["runtime"] = RuntimeInformation.FrameworkDescription };
            ResultTable table = new ResultTable("VERSION", "COMMIT", "RUNTIME")
                .Add(Number, commit.Length > 12 ? commit[..12] : commit, RuntimeInformation.FrameworkDescription);
            session.Results.Write(new CommandResult(document, table));
            return Task.FromResult(ExitCode.Ok);
        });
}
