using System.Globalization;

namespace GoQueue.Cli.Values;

/// <summary>The gRPC address of a node: <c>host:port</c>, <c>host</c> (port 9000) or <c>[ipv6]:port</c>.</summary>
internal sealed record ServerAddress(string Host, int Port)
{
    public const string Expected = "HOST:PORT of the gRPC listener, for example 127.0.0.1:9000 or [::1]:9000";

    public const int DefaultPort = 9000;

    public static readonly ServerAddress Default = new("127.0.0.1", DefaultPort);

    public static bool TryParse(string text, out ServerAddress address)
    {
        address = Default;
        string host = text;
        int port = DefaultPort;
        int colon = text.LastIndexOf(':');
        bool bracketed = text.StartsWith('[');
        bool bareIpv6 = !bracketed && text.IndexOf(':') != colon;
        if (colon >= 0 && !bareIpv6 && !text.EndsWith(']'))
        {
            host = text[..colon];
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
            {
                return false;
            }
        }

        if (bracketed)
        {
            if (!host.EndsWith(']'))
            {
                return false;
            }

            host = host[1..^1];
        }

        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            return false;
        }

        address = new ServerAddress(host, port);
        return true;
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
