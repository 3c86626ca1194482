using System.Text;

namespace GoQueue.Server.Configuration;

/// <summary>What <c>--help</c> prints, from the catalog.</summary>
internal static class HelpText
{
    public static string Render()
    {
        StringBuilder text = new();
        text.Append("""
            goqueue-server: one node of a GoQueue.Raft message broker.

            Usage: goqueue-server [flags]

              --config PATH        YAML file with options; ${NAME:default} in values is expanded
              --set KEY=VALUE      any option below; may be repeated
              --print-config       print the effective configuration with the source of each value, and exit
              --help, --version

            Flags win over environment variables, those over the file, that over the defaults.
            Exit codes: 0 stopped, 1 failed, 2 wrong configuration, 3 data directory refused, 130 cut short by a second signal.

            Options (flag or key; environment variable; default):

            """);
        foreach (Option option in OptionCatalog.All)
        {
            text.Append('\n').Append("  ").Append(option.HasFlag ? "--" : string.Empty).Append(option.Key)
                .Append("   ").Append(option.EnvironmentName).Append("   [").Append(option.Default).Append("]\n");
            text.Append("      ").Append(option.Summary).Append('\n');
            text.Append("      Allowed: ").Append(option.Allowed).Append(".\n");
        }

        return text.ToString();
    }
}
