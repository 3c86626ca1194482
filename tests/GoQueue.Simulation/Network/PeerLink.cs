using GoQueue.Core.Peers;
using GoQueue.Simulation.World;

namespace GoQueue.Simulation.Network;

/// <summary>
/// The connection between two hosts. One event per beat keeps it: while down it tries to connect, while up it notices silence. What each end
/// believes is kept apart, because the two learn of a break at different moments.
/// </summary>
internal sealed class PeerLink(SimulatedNetwork network, int low, int high)
{
    private readonly End lowEnd = new();
    private readonly End highEnd = new();
    private long retry = 10 * TimeSpan.TicksPerMillisecond;

    public int Low { get; } = low;

    public int High { get; } = high;

    /// <summary>Raised whenever the connection breaks: what was sent on an older one never arrives.</summary>
    public int Generation { get; private set; }

    public bool IsUp { get; private set; }

    public void Begin() => network.Loop.Schedule(network.Random.Between(1, retry), null, "link", static state => ((PeerLink)state!).Beat(), this);

    /// <summary>Whether this end believes the link stands.</summary>
    public bool IsUpFor(int host) => EndOf(host).Believes == PeerLinkState.Up;

    /// <summary>Reserves the next moment of arrival on a channel: channels keep their order, and nothing else does.</summary>
    public long NextArrival(int from, PeerChannel channel, long delay)
    {
        long[] last = EndOf(from).LastArrival;
        long due = Math.Max(network.Loop.Now + delay, Math.Max(last[(int)channel], EndOf(Other(from)).LastNews) + 1);
        last[(int)channel] = due;
        return due;
    }

    public bool HasRoom(int from, PeerChannel channel) =>
        EndOf(from).Queued[(int)channel] < network.Options.MaxQueued && EndOf(from).QueuedBytes[(int)channel] < network.Options.MaxQueuedBytes;

    public void Enqueued(int from, PeerChannel channel, int bytes)
    {
        EndOf(from).Queued[(int)channel]++;
        EndOf(from).QueuedBytes[(int)channel] += bytes;
    }

    public void Dequeued(int from, PeerChannel channel, int bytes)
    {
        EndOf(from).Queued[(int)channel]--;
        EndOf(from).QueuedBytes[(int)channel] -= bytes;
    }

    /// <summary>Keeps a message that the cut holds back: the sender's kernel repeats it until the connection breaks.</summary>
    public void Stall(int from, Action resend) => EndOf(from).Stalled.Add(resend);

    public void GoOn(int from)
    {
        List<Action> stalled = EndOf(from).Stalled;
        if (stalled.Count > 0)
        {
            Action[] resend = [.. stalled];
            stalled.Clear();
            foreach (Action one in resend)
            {
                one();
            }
        }
    }

    public void Break()
    {
        if (IsUp)
        {
            Down();
            Tell(Low, PeerLinkState.Closed);
            Tell(High, PeerLinkState.Closed);
        }
    }

    public void ProcessGone(int host, bool isPowerLoss)
    {
        bool wasUp = IsUp;
        End own = EndOf(host);
        own.Believes = null;
        own.Process = null;
        if (isPowerLoss)
        {
            // Nobody says goodbye. The other end believes in the link until it has been silent for long enough.
            if (wasUp)
            {
                Down();
            }

            return;
        }

        if (wasUp)
        {
            Down();
            TellIfReached(host, Other(host), PeerLinkState.Closed);
        }
        else if (EndOf(Other(host)).Believes == PeerLinkState.Up)
        {
            TellIfReached(host, Other(host), PeerLinkState.Closed);
        }
    }

    private void Beat()
    {
        Listen(Low);
        Listen(High);
        if (!IsUp)
        {
            Connect();
        }

        long pause = IsUp ? network.Options.SilentAfter / 8 : retry;
        network.Loop.Schedule(network.Random.Between(pause / 2, pause), null, "link", static state => ((PeerLink)state!).Beat(), this);
    }

    /// <summary>What this end has heard of the other: a live process keeps saying something, through a direction that carries it.</summary>
    private void Listen(int host)
    {
        End own = EndOf(host);
        SimulatedPeerTransport? self = network.Host(host);
        if (self is null || self.Process.IsPaused)
        {
            own.LastHeard = network.Loop.Now; // a process that was stopped itself does not blame others at once
            return;
        }

        SimulatedPeerTransport? peer = network.Host(Other(host));
        bool hears = IsUp && peer is { Process.IsPaused: false } && network.Carries(Other(host), host);
        if (hears)
        {
            own.LastHeard = network.Loop.Now;
        }
        else if (network.Loop.Now - own.LastHeard > network.Options.SilentAfter && own.Believes is PeerLinkState.Up or null)
        {
            bool wasUp = IsUp;
            if (wasUp)
            {
                Down();
                TellIfReached(host, Other(host), PeerLinkState.Closed); // it closes its side; whether the other hears that is another question
            }

            Tell(host, PeerLinkState.Silent);
        }
    }

    private void Connect()
    {
        SimulatedPeerTransport? one = network.Host(Low);
        SimulatedPeerTransport? two = network.Host(High);
        bool carries = network.Carries(Low, High) && network.Carries(High, Low);
        if (one is not null && two is not null && carries && !one.Process.IsPaused && !two.Process.IsPaused && one.Knows(High) && two.Knows(Low))
        {
            Up(one, two);
            return;
        }

        Refuse(Low, one, carries);
        Refuse(High, two, carries);
        retry = Math.Min(retry * 2, network.Options.MaxRetry);
    }

    private void Refuse(int host, SimulatedPeerTransport? self, bool carries)
    {
        End own = EndOf(host);
        if (self is { Process.IsPaused: false } && carries && self.Knows(Other(host)) && network.RefusesConnections(Other(host)) && own.Believes != PeerLinkState.Refused)
        {
            Tell(host, PeerLinkState.Refused);
        }
    }

    private void Up(SimulatedPeerTransport one, SimulatedPeerTransport two)
    {
        // An end that still believes in a connection of before hears of its end first.
        if (lowEnd.Believes == PeerLinkState.Up && ReferenceEquals(lowEnd.Process, one.Process))
        {
            Tell(Low, PeerLinkState.Closed);
        }

        if (highEnd.Believes == PeerLinkState.Up && ReferenceEquals(highEnd.Process, two.Process))
        {
            Tell(High, PeerLinkState.Closed);
        }

        IsUp = true;
        retry = 10 * TimeSpan.TicksPerMillisecond;
        lowEnd.Begin(one.Process, network.Loop.Now);
        highEnd.Begin(two.Process, network.Loop.Now);
        Tell(Low, PeerLinkState.Up);
        Tell(High, PeerLinkState.Up);
    }

    /// <summary>The connection is gone. The ends are told by the caller, or find out by silence.</summary>
    private void Down()
    {
        IsUp = false;
        Generation++;
        retry = 10 * TimeSpan.TicksPerMillisecond;
        lowEnd.Clear();
        highEnd.Clear();
    }

    private void TellIfReached(int from, int to, PeerLinkState state)
    {
        if (network.Carries(from, to))
        {
            Tell(to, state);
        }
    }

    private void Tell(int host, PeerLinkState state)
    {
        End own = EndOf(host);
        SimulatedPeerTransport? self = network.Host(host);
        if (self is null)
        {
            own.Believes = null;
            return;
        }

        own.Believes = state;
        own.Process = self.Process;
        Guid incarnation = network.Host(Other(host))?.Incarnation ?? own.PeerIncarnation;
        own.PeerIncarnation = incarnation;

        // One queue of news per end, so that the changes of a link are seen in their order.
        own.LastNews = Math.Max(network.Loop.Now + network.Random.Between(1, network.Options.MaxDelay), own.LastNews + 1);
        self.LinkChanged(own.LastNews, Other(host), incarnation, state);
    }

    private int Other(int host) => host == Low ? High : Low;

    private End EndOf(int host) => host == Low ? lowEnd : highEnd;

    private sealed class End
    {
        /// <summary>What this end thinks of the link; null before it knows anything.</summary>
        public PeerLinkState? Believes { get; set; }

        public SimulatedProcess? Process { get; set; }

        public Guid PeerIncarnation { get; set; }

        public long LastHeard { get; set; }

        public long LastNews { get; set; }

        public long[] LastArrival { get; } = new long[3];

        public int[] Queued { get; } = new int[3];

        public long[] QueuedBytes { get; } = new long[3];

        public List<Action> Stalled { get; } = [];

        public void Clear()
        {
            Array.Clear(Queued);
            Array.Clear(QueuedBytes);
            Stalled.Clear();
        }

        public void Begin(SimulatedProcess process, long now)
        {
            Process = process;
            LastHeard = now;
        }
    }
}
