using System.Runtime.CompilerServices;
using System.Text;
using GoQueue.Consensus.Core;
using GoQueue.Core;
using GoQueue.Metadata.Quorum;

namespace GoQueue.Consensus.Tests.Cores;

/// <summary>
/// Transcripts: commands, a line of dashes, and what they bring about, to be read by people. A changed transcript is a changed protocol: look at each line.
/// GOQUEUE_REWRITE_TRANSCRIPTS=1 writes them anew. Commands: see <see cref="Run"/>.
/// </summary>
public sealed class TranscriptTests
{
    private const string Dashes = "----";

    private CoreWorld world = null!;

    public static TheoryData<string> Files => new(Directory.GetFiles(Folder(), "*.txt").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Files))]
    public void The_protocol_goes_as_written(string file)
    {
        string path = Path.Combine(Folder(), file);
        string expected = File.ReadAllText(path);
        string seen = Replay(expected);
        if (Environment.GetEnvironmentVariable("GOQUEUE_REWRITE_TRANSCRIPTS") == "1")
        {
            File.WriteAllText(path, seen);
            return;
        }

        Assert.Equal(expected, seen);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "Transcripts");

    /// <summary>The file with every answer replaced by what happens now.</summary>
    private string Replay(string script)
    {
        StringBuilder result = new();
        bool isAnswer = false;
        List<string> commands = [];
        foreach (string line in script.TrimEnd('\n').Split('\n'))
        {
            if (line == Dashes)
            {
                result.Append(Dashes).Append('\n');
                foreach (string command in commands)
                {
                    Run(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                }

                string told = world.Tell();
                result.Append(told.Length == 0 ? "ok\n" : told);
                commands.Clear();
                isAnswer = true;
            }
            else if (line.Length == 0)
            {
                isAnswer = false;
                result.Append('\n');
            }
            else if (!isAnswer)
            {
                result.Append(line).Append('\n');
                if (!line.StartsWith('#'))
                {
                    commands.Add(line);
                }
            }
        }

        return result.ToString();
    }

    private void Run(string[] words)
    {
        switch (words)
        {
            case ["cluster", var voters]:
                world = new CoreWorld(int.Parse(voters));
                break;
            case ["cluster", var voters, "chunks", var bytes]:
                world = new CoreWorld(int.Parse(voters), options: new RaftOptions { SnapshotChunkBytes = int.Parse(bytes) });
                break;
            case ["add", var name]:
                world.Add(CoreWorld.Member(int.Parse(name.AsSpan(1))));
                break;
            case ["advance", var millis]:
                world.Advance(TimeSpan.FromMilliseconds(int.Parse(millis)));
                break;
            case ["timeout", var name]:
                world.Timeout(name);
                break;
            case ["deliver"]:
                world.Deliver();
                break;
            case ["deliver", var from, var to]:
                world.Deliver((f, t, _) => Matches(from, f) && Matches(to, t));
                break;
            case ["deliver-without", var name]:
                world.Deliver((f, t, _) => f != name && t != name);
                world.Say($"{world.Drop()} messages lost");
                break;
            case ["drop"]:
                world.Say($"{world.Drop()} messages lost");
                break;
            case ["drop", var from, var to]:
                world.Say($"{world.Drop((f, t, _) => Matches(from, f) && Matches(to, t))} messages lost");
                break;
            case ["propose", var name, .. var commands]:
                world.Propose(name, commands);
                break;
            case ["hold-flush", var name]:
                world[name].IsFlushHeld = true;
                break;
            case ["flush", var name]:
                world[name].IsFlushHeld = false;
                world[name].Flush();
                break;
            case ["crash", var name]:
                world[name].Crash();
                break;
            case ["read", var name, var ticket]:
                world[name].Step(new RaftInput.Read([long.Parse(ticket)]));
                break;
            case ["link-lost", var name, var peer]:
                world[name].Step(new RaftInput.LinkLost(CoreWorld.IdOf(peer)));
                break;
            case ["transfer", var name, var target]:
                world[name].Step(new RaftInput.Transfer(CoreWorld.IdOf(target)));
                break;
            case ["snapshot", var name]:
                world[name].TakeSnapshot();
                break;
            case ["change", var name, var what, var target]:
                Change(world[name], what, CoreWorld.Member(int.Parse(target.AsSpan(1))));
                break;
            case ["status"]:
                world.Say(world.Status().TrimEnd('\n'));
                break;
            default:
                throw new InvalidDataException($"unknown command: {string.Join(' ', words)}");
        }
    }

    private void Change(CoreNode node, string what, QuorumMember target)
    {
        MembershipChange change = what switch
        {
            "add" => new MembershipChange.AddLearner(target),
            "promote" => new MembershipChange.Promote(target.Node, target.Incarnation),
            "remove" => new MembershipChange.Remove(target.Node, target.Incarnation),
            _ => throw new InvalidDataException($"unknown change {what}"),
        };
        if (node.Core.Check(change) is { } refused)
        {
            world.Say($"refused: {ErrorCodes.Name(refused.Code)} {refused.Detail}");
            return;
        }

        node.Step(new RaftInput.Change(change));
    }

    private static bool Matches(string pattern, string name) => pattern == "*" || pattern == name;
}
