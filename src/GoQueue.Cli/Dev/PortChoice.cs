using System.Net;
using System.Net.Sockets;
using GoQueue.Cli.Failures;

namespace GoQueue.Cli.Dev;

/// <summary>
/// Picks the ports of a development server. A port the user asked for is used or refused; a default one that is taken is replaced by a free
/// one with a note, because someone who only types <c>goqueue dev</c> wants a broker and not a lesson about ports.
/// </summary>
internal sealed class PortChoice(IPAddress bind)
{
    // Below the range from which the system draws the ports of outgoing connections: nobody takes one between the choice and the start of the server.
    private const int FirstKnown = 16_000;
    private const int LastKnown = 32_000;
    private const int Attempts = 10_000;

    private readonly List<string> notes = [];
    private readonly HashSet<int> known = [];

    /// <summary>What was replaced by what.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>The port to pass to the server; 0 lets it take a free one.</summary>
    /// <exception cref="CommandFailure">The asked-for port is taken.</exception>
    public int Choose(string option, string listener, int? asked, int usual)
    {
        int port = asked ?? usual;
        if (port == 0 || IsFree(port))
        {
            return port;
        }

        if (asked is not null)
        {
            throw CommandFailure.Refused(
                $"port {port} for {listener} is taken on {bind}",
                $"choose another with {option} PORT ({option} 0 takes a free one), or find its owner with `ss -ltnp 'sport = :{port}'`");
        }

        notes.Add($"port {port} for {listener} is taken; using a free one (choose with {option} PORT)");
        return 0;
    }

    /// <summary>A port that others must know before the server is there: the usual one, or a free one.</summary>
    /// <exception cref="CommandFailure">None is free.</exception>
    public int ChooseKnown(string listener, int usual)
    {
        if (usual != 0 && IsFree(usual))
        {
            return usual;
        }

        int free = Enumerable.Range(0, Attempts).Select(static _ => Random.Shared.Next(FirstKnown, LastKnown)).FirstOrDefault(port => !known.Contains(port) && IsFree(port));
        if (free == 0)
        {
            throw CommandFailure.Refused($"no port between {FirstKnown} and {LastKnown} is free for {listener} on {bind}", "see what listens there with `ss -ltnp`");
        }

        known.Add(free);
        if (usual != 0)
        {
            notes.Add($"port {usual} for {listener} is taken; using {free}");
        }

        return free;
    }

    private bool IsFree(int port)
    {
        try
        {
            using TcpListener listener = new(bind, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
