using System.Diagnostics.CodeAnalysis;

namespace GoQueue.Cli.Values;

/// <summary>Addresses of nodes of one cluster, separated by commas; at least one. One that answers is enough.</summary>
internal sealed class ServerAddresses
{
    public const string Expected = ServerAddress.Expected + "; several nodes of one cluster are separated by commas";

    public static readonly ServerAddresses Default = new([ServerAddress.Default]);

    private ServerAddresses(IReadOnlyList<ServerAddress> all)
    {
        All = all;
    }

    /// <summary>In the order in which they are tried, none twice.</summary>
    public IReadOnlyList<ServerAddress> All { get; }

    public static bool TryParse(string text, [NotNullWhen(true)] out ServerAddresses? addresses)
    {
        addresses = null;
        List<ServerAddress> all = [];
        foreach (string one in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!ServerAddress.TryParse(one, out ServerAddress address))
            {
                return false;
            }

            if (!all.Contains(address))
            {
                all.Add(address);
            }
        }

        addresses = new ServerAddresses(all);
        return true;
    }

    /// <summary>As the client library takes them.</summary>
    public override string ToString() => string.Join(',', All);
}
