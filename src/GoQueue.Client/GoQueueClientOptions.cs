using System.Net.Security;

namespace GoQueue.Client;

/// <summary>How a client reaches a broker. Checked by <see cref="GoQueueClient.Connect(GoQueueClientOptions)"/>.</summary>
public sealed record GoQueueClientOptions
{
    /// <summary>
    /// The gRPC address of a node: <c>host:port</c> or <c>http://host:port</c> for HTTP/2 without TLS, <c>https://host:port</c> for TLS. Without a
    /// port, 9000. Several nodes of one cluster, separated by commas, all with or all without TLS: the first that answers tells of the others, so
    /// more than one is for when a node is down at the start.
    /// </summary>
    public required string Address { get; init; }

    /// <summary>Sent as the user agent, so that an operator can tell clients apart. Printable ASCII. Default <c>goqueue-dotnet</c>.</summary>
    public string ClientId { get; init; } = "goqueue-dotnet";

    /// <summary>
    /// Time for one administrative call, and the longest wait for the answer to one batch before its stream is given up and opened again.
    /// Default 30 s; above zero, at most a day.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for opening a connection, TLS included. Default 5 s; above zero, at most a day.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What is known about a topic is asked for again when it is older than this and used. Default 5 minutes; above zero.</summary>
    public TimeSpan MetadataMaxAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>First pause before something is tried again; doubles up to <see cref="RetryBackoffMax"/>, each time drawn between half and whole. Default 50 ms.</summary>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause between two tries. Default 2 s; at least <see cref="RetryBackoff"/>.</summary>
    public TimeSpan RetryBackoffMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Certificates and checks of TLS; only for <c>https</c> addresses. Default: what the system trusts.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>The clock of every timer, deadline and timestamp of this client. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The addresses as absolute URIs. All mistakes are reported at once.</summary>
    /// <exception cref="ArgumentException">An option is outside its bounds.</exception>
    internal IReadOnlyList<Uri> Validate()
    {
        OptionMistakes mistakes = new();
        List<Uri> addresses = [];
        foreach (string one in Address.Split(',', StringSplitOptions.TrimEntries))
        {
            bool isAddress = TryParseAddress(one, out Uri? uri);
            mistakes.Unless(isAddress, $"Address '{one}' is not host:port, http://host:port or https://host:port");
            if (isAddress && !addresses.Contains(uri!))
            {
                addresses.Add(uri!);
            }
        }

        mistakes.Unless(addresses.Select(uri => uri.Scheme).Distinct().Count() <= 1, $"Address '{Address}' has nodes with and without TLS");
        mistakes.Unless(ClientId.Length > 0 && ClientId.All(c => c is > ' ' and <= '~'), $"ClientId '{ClientId}' has characters other than printable ASCII without spaces");
        mistakes.UnlessDuration(RequestTimeout, nameof(RequestTimeout));
        mistakes.UnlessDuration(ConnectTimeout, nameof(ConnectTimeout));
        mistakes.Unless(MetadataMaxAge > TimeSpan.Zero, $"{nameof(MetadataMaxAge)} must be above zero");
        mistakes.UnlessDuration(RetryBackoff, nameof(RetryBackoff));
        mistakes.UnlessDuration(RetryBackoffMax, nameof(RetryBackoffMax));
        mistakes.Unless(RetryBackoffMax >= RetryBackoff, $"{nameof(RetryBackoffMax)} {RetryBackoffMax} is below {nameof(RetryBackoff)} {RetryBackoff}");
        mistakes.Throw(nameof(GoQueueClientOptions));
        return addresses;
    }

    private static bool TryParseAddress(string address, out Uri? uri)
    {
        string text = address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address;
        if (!Uri.TryCreate(text, UriKind.Absolute, out uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return false;
        }

        bool namesPort = text.TrimEnd('/').EndsWith(":" + uri.Port, StringComparison.Ordinal); // Uri leaves the port of its scheme out
        uri = namesPort ? uri : new UriBuilder(uri) { Port = 9000 }.Uri;
        return uri.AbsolutePath == "/";
    }
}
