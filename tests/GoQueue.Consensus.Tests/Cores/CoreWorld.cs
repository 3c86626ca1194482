using System.Text;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Tests.Cores;

/// <summary>Cores, the messages between them, and a clock, all moved by hand. Tells what happened.</summary>
internal sealed class CoreWorld
{
    private readonly List<(MemberId From, MemberId To, RaftMessage Message)> messages = [];
    private readonly StringBuilder told = new();
    private readonly SortedDictionary<string, CoreNode> nodes = new(StringComparer.Ordinal);

    public CoreWorld(int voters, int learners = 0, RaftOptions? options = null)
    {
        Options = options ?? new RaftOptions();
        First = new RaftConfiguration(Enumerable.Range(1, voters).Select(Member), Enumerable.Range(voters + 1, learners).Select(Member));
        foreach (QuorumMember member in First.Members)
        {
            Add(member);
        }
    }

    public RaftOptions Options { get; }

    public RaftConfiguration First { get; }

    public TimeSpan Now { get; private set; }

    public IEnumerable<CoreNode> Nodes => nodes.Values;

    public int Waiting => messages.Count;

    public CoreNode this[string name] => nodes[name];

    public CoreNode this[int number] => nodes[$"n{number}"];

    public static QuorumMember Member(int number) => new(new NodeId($"n{number}"), new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "host", 7000 + number);

    public static MemberId IdOf(string name) => MemberId.Of(Member(int.Parse(name.AsSpan(1))));

    public void Add(QuorumMember member) => nodes.Add(member.Node.Value, new CoreNode(this, MemberId.Of(member)));

    public void Advance(TimeSpan by) => Now += by;

    /// <summary>Lets a node's timer pass; nobody else's fires.</summary>
    public void Timeout(string name)
    {
        CoreNode node = nodes[name];
        Now = node.Deadline > Now ? node.Deadline : Now;
        node.Step(RaftInput.TimerFired.Instance);
    }

    /// <summary>A node asks for votes until it leads, with everything delivered.</summary>
    public CoreNode Elect(int number)
    {
        CoreNode node = this[number];
        for (int i = 0; i < 5 && node.Core.Role != RaftRole.Leader; i++)
        {
            Advance(Options.ElectionTimeoutMin); // nobody remembers a leader
            Timeout(node.Id.Node.Value);
            Deliver();
        }

        Assert.Equal(RaftRole.Leader, node.Core.Role);
        return node;
    }

    public void Propose(string name, params string[] commands) =>
        nodes[name].Step(new RaftInput.Propose([.. commands.Select(command => (ReadOnlyMemory<byte>)System.Text.Encoding.ASCII.GetBytes(command))]));

    public void Queue(MemberId from, MemberId to, RaftMessage message)
    {
        messages.Add((from, to, message));
        Say($"{from}->{to} {Text(message)}");
    }

    /// <summary>Delivers what matches, and what follows from it, until nothing matches.</summary>
    public void Deliver(Func<string, string, RaftMessage, bool>? which = null)
    {
        for (int i = 0; i < 10_000; i++)
        {
            int next = messages.FindIndex(m => which?.Invoke(m.From.Node.Value, m.To.Node.Value, m.Message) ?? true);
            if (next < 0)
            {
                return;
            }

            (MemberId from, MemberId to, RaftMessage message) = messages[next];
            messages.RemoveAt(next);
            if (nodes.TryGetValue(to.Node.Value, out CoreNode? receiver) && receiver.Id == to)
            {
                receiver.Step(new RaftInput.Received(from, message));
            }
        }

        Assert.Fail("messages go round for ever");
    }

    /// <summary>Delivers everything but what a node sends or gets, which is lost.</summary>
    public void DeliverWithout(params int[] cutOff)
    {
        HashSet<string> cut = [.. cutOff.Select(number => $"n{number}")];
        Deliver((from, to, _) => !cut.Contains(from) && !cut.Contains(to));
        messages.Clear();
    }

    public int Drop(Func<string, string, RaftMessage, bool>? which = null) =>
        messages.RemoveAll(m => which?.Invoke(m.From.Node.Value, m.To.Node.Value, m.Message) ?? true);

    public void Say(string what) => told.Append(what).Append('\n');

    /// <summary>What happened since the last time.</summary>
    public string Tell()
    {
        string all = told.ToString();
        told.Clear();
        return all;
    }

    public string Status()
    {
        StringBuilder text = new();
        foreach (CoreNode node in Nodes)
        {
            RaftCore core = node.Core;
            text.Append($"{node.Id} {core.Role.ToString().ToLowerInvariant()} term {core.Term} leader {core.Leader?.ToString() ?? "-"} ")
                .Append($"commit {core.Commit} durable {core.Durable} last {core.Log.LastIndex}/{core.Log.LastTerm}\n");
        }

        return text.ToString();
    }

    public static string Text(RaftEntry entry) => entry.Kind switch
    {
        RaftEntryKind.NoOp => $"{entry.Index}/{entry.Term}",
        RaftEntryKind.Command => $"{entry.Index}/{entry.Term}:{System.Text.Encoding.ASCII.GetString(entry.Payload.Span)}",
        _ => $"{entry.Index}/{entry.Term}:[{RaftConfiguration.TryRead(entry.Payload.Span)}]",
    };

    private static string Text(RaftMessage message) => message switch
    {
        RaftMessage.PreVote m => $"prevote? term {m.Term} last {m.LastIndex}/{m.LastTerm}",
        RaftMessage.PreVoteAnswer m => $"prevote {(m.IsGranted ? "yes" : "no")} term {m.Term}",
        RaftMessage.Vote m => $"vote? term {m.Term} last {m.LastIndex}/{m.LastTerm}{(m.IsTransfer ? " transfer" : string.Empty)}",
        RaftMessage.VoteAnswer m => $"vote {(m.IsGranted ? "yes" : "no")} term {m.Term}",
        RaftMessage.Append m => $"append term {m.Term} after {m.PreviousIndex}/{m.PreviousTerm} commit {m.Commit} [{string.Join(' ', m.Entries.Select(Text))}]",
        RaftMessage.AppendAccepted m => $"accepted term {m.Term} match {m.Match}{(m.IsCounted ? string.Empty : " uncounted")}",
        RaftMessage.AppendRejected m => $"rejected term {m.Term} after {m.PreviousIndex} hint {m.HintIndex}/{m.HintTerm}",
        RaftMessage.Heartbeat m => $"heartbeat term {m.Term} round {m.Round} commit {m.Commit}",
        RaftMessage.HeartbeatAnswer m => $"alive term {m.Term} round {m.Round}{(m.IsCounted ? string.Empty : " uncounted")}",
        RaftMessage.SnapshotChunk m => $"snapshot term {m.Term} of {m.Index}/{m.IndexTerm} at {m.Position} of {m.TotalBytes}, {m.Data.Length} bytes",
        RaftMessage.SnapshotAnswer m => $"snapshot answer term {m.Term} of {m.Index} next {m.NextPosition} match {m.Match}",
        RaftMessage.TimeoutNow m => $"timeout now term {m.Term}",
        _ => message.ToString(),
    };
}
