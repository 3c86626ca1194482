using System.Globalization;
using System.Net;

namespace GoQueue.Server.Formation;

/// <summary>What resolv.conf says: which servers to ask, and which suffixes to try.</summary>
internal sealed record ResolverConfiguration(IReadOnlyList<IPEndPoint> Servers, IReadOnlyList<string> Suffixes, int Dots)
{
    private const int DnsPort = 53;

    public static ResolverConfiguration Read(string file)
    {
        try
        {
            return Parse(File.ReadAllLines(file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Parse([]);
        }
    }

    public static ResolverConfiguration Parse(IEnumerable<string> lines)
    {
        List<IPEndPoint> servers = [];
        string[] suffixes = [];
        int dots = 1;
        foreach (string line in lines)
        {
            string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", string address, ..] when IPEndPoint.TryParse(address, out IPEndPoint? server) && servers.Count < 3:
                    servers.Add(server.Port == 0 ? new IPEndPoint(server.Address, DnsPort) : server);
                    break;
                case ["search" or "domain", ..]:
                    suffixes = words[1..];
                    break;
                case ["options", ..]:
                    string? option = words.FirstOrDefault(static word => word.StartsWith("ndots:", StringComparison.Ordinal));
                    dots = int.TryParse(option?["ndots:".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : dots;
                    break;
            }
        }

        return new ResolverConfiguration(servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, DnsPort)], suffixes, dots);
    }

    /// <summary>Full names to ask for, in order: as it is first when it has enough dots, last otherwise; only as it is when it ends with one.</summary>
    public IEnumerable<string> Candidates(string name)
    {
        if (name.EndsWith('.'))
        {
            return [name.TrimEnd('.')];
        }

        IEnumerable<string> suffixed = Suffixes.Select(suffix => $"{name}.{suffix.TrimEnd('.')}");
        return name.Count(static c => c == '.') >= Dots ? [name, .. suffixed] : [.. suffixed, name];
    }
}
