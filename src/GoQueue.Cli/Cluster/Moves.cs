using System.Globalization;
using System.Text;
using System.Text.Json;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using GoQueue.Cli.Values;
using GoQueue.Client;
using GoQueue.Contracts.Json;
using GoQueue.Contracts.V1;

namespace GoQueue.Cli.Cluster;

/// <summary>Moves of replicas as people write them, and waiting until they have arrived.</summary>
internal static class Moves
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    /// <summary><c>orders:0=n1,n2,n3</c>: a partition and the nodes it is to be on, the preferred leader first.</summary>
    /// <exception cref="CommandFailure">It is not one.</exception>
    public static ReplicaMove Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        int colon = equals < 0 ? -1 : text.LastIndexOf(':', equals);
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1, equals - colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int partition))
        {
            throw CommandFailure.Usage($"'{text}' (--move) is not TOPIC:PARTITION=NODE,NODE,...", "for example --move orders:0=n1,n2,n3");
        }

        ReplicaMove move = new() { Topic = text[..colon], Partition = partition };
        move.To.AddRange(text[(equals + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return move.To.Count > 0 ? move : throw CommandFailure.Usage($"'{text}' (--move) names no node", "for example --move orders:0=n1,n2,n3");
    }

    /// <summary>A plan as <c>reassign plan -o json</c> prints it.</summary>
    /// <exception cref="CommandFailure">It is not one.</exception>
    public static IEnumerable<ReplicaMove> ReadPlan(string path)
    {
        string text = path is "-" ? Console.In.ReadToEnd() : File.ReadAllText(path);
        try
        {
            return MessageJson.Read<PlanReassignmentResponse>(Encoding.UTF8.GetBytes(text)).Moves;
        }
        catch (JsonException e)
        {
            throw CommandFailure.Usage($"{path} is not a plan: {e.Message}", "make one with `goqueue cluster reassign plan -o json > plan.json`");
        }
    }

    /// <summary>Says how far it is whenever that changes, until nothing moves.</summary>
    public static async Task<Reassignment> WaitAsync(Session session, GoQueueClusterAdmin cluster, Reassignment now)
    {
        (int Done, long Left) said = (-1, 0);
        while (now.Moving.Count > 0)
        {
            bool isNews = now.Done != said.Done || Math.Abs(said.Left - now.BytesLeft) > said.Left / 10; // a tenth less, or more
            if (isNews)
            {
                said = (now.Done, now.BytesLeft);
                session.Notices.Say(string.Create(CultureInfo.InvariantCulture, $"{now.Done} of {now.Total} partitions have arrived{Left(now)}"));
            }

            await Task.Delay(LookAgain, session.Environment.Time, session.Cancel);
            now = (await cluster.GetReassignmentAsync(session.Cancel)).Reassignment;
        }

        return now;
    }

    private static string Left(Reassignment now)
    {
        string time = now.HasSecondsLeft ? $", about {DurationText.Format(TimeSpan.FromSeconds(now.SecondsLeft))}" : string.Empty;
        return now.HasBytesLeft ? $", {ByteSizeText.Approximate(now.BytesLeft)} left{time}" : string.Empty;
    }
}
