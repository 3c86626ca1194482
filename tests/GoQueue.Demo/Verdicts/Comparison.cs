using System.Text;
using GoQueue.Demo.Readers;

namespace GoQueue.Demo.Verdicts;

/// <summary>
/// What was sent against what is stored. Every acknowledged message is exactly where its acknowledgement says, once; nothing is stored that
/// nobody sent; messages of a key stand in one partition in the order of sending. A message without an acknowledgement may be there once or not at all.
/// </summary>
internal static class Comparison
{
    private const int MaxExamples = 10;

    /// <summary>The differences, at most a few examples of them and then their number; empty when all is well.</summary>
    /// <param name="stored">Every partition from its start, each in the order in which it was read.</param>
    public static List<string> Differences(IReadOnlyList<SentMessage> sent, IReadOnlyList<StoredMessage> stored)
    {
        List<string> differences = [];
        Dictionary<(int, long), SentMessage> acknowledged = [];
        foreach (SentMessage message in sent)
        {
            if (message.Acknowledged is { } place && !acknowledged.TryAdd(place, message))
            {
                differences.Add($"messages {acknowledged[place].Index} and {message.Index} were both acknowledged at {place}");
            }
        }

        ILookup<string, SentMessage> unanswered = sent.Where(message => message.Acknowledged is null).ToLookup(message => Content(message.Key, message.Value));
        int[] seen = new int[sent.Count];
        List<(StoredMessage Stored, SentMessage Sent)> matched = new(stored.Count);
        foreach (StoredMessage message in stored)
        {
            SentMessage? match = acknowledged.GetValueOrDefault((message.Partition, message.Offset))
                ?? unanswered[Content(message.Key, message.Value)].FirstOrDefault(candidate => seen[candidate.Index] == 0);
            if (match is null)
            {
                differences.Add($"{Describe(message)} was never acknowledged there: a duplicate, or a message nobody sent");
            }
            else if (!match.Key.AsSpan().SequenceEqual(message.Key) || !match.Value.AsSpan().SequenceEqual(message.Value))
            {
                differences.Add($"{Describe(message)} differs from message {match.Index}, which was acknowledged there");
            }
            else
            {
                seen[match.Index]++;
                matched.Add((message, match));
            }
        }

        differences.AddRange(sent.Where(message => message.Acknowledged is not null && seen[message.Index] == 0)
            .Select(message => $"message {message.Index} ({Encoding.UTF8.GetString(message.Key)}) was acknowledged at {message.Acknowledged} and is not there"));
        differences.AddRange(sent.Where(message => seen[message.Index] > 1).Select(message => $"message {message.Index} is there {seen[message.Index]} times"));
        differences.AddRange(OffsetsOutOfOrder(stored));
        differences.AddRange(KeysOutOfOrder(matched));
        return Shorten(differences);
    }

    private static IEnumerable<string> OffsetsOutOfOrder(IReadOnlyList<StoredMessage> stored) => stored.Zip(stored.Skip(1))
        .Where(pair => pair.First.Partition == pair.Second.Partition && pair.First.Offset >= pair.Second.Offset)
        .Select(pair => $"{Describe(pair.Second)} was read after offset {pair.First.Offset}");

    private static IEnumerable<string> KeysOutOfOrder(IEnumerable<(StoredMessage Stored, SentMessage Sent)> matched)
    {
        foreach (IGrouping<string, (StoredMessage Stored, SentMessage Sent)> key in matched.GroupBy(pair => Convert.ToBase64String(pair.Sent.Key)))
        {
            SentMessage? before = null;
            int? partition = null;
            foreach ((StoredMessage stored, SentMessage sent) in key)
            {
                if (partition is not null && partition != stored.Partition)
                {
                    yield return $"{Describe(stored)}: its key also stands in partition {partition}";
                }

                if (before is not null && before.Index > sent.Index)
                {
                    yield return $"{Describe(stored)}: message {sent.Index} of its key stands behind message {before.Index}";
                }

                partition = stored.Partition;
                before = sent;
            }
        }
    }

    private static List<string> Shorten(List<string> differences) => differences.Count <= MaxExamples
        ? differences
        : [.. differences.Take(MaxExamples), $"... and {differences.Count - MaxExamples:N0} more"];

    private static string Describe(StoredMessage message) => $"partition {message.Partition} offset {message.Offset} ({Encoding.UTF8.GetString(message.Key)})";

    private static string Content(byte[] key, byte[] value) => Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData([.. BitConverter.GetBytes(key.Length), .. key, .. value]));
}
