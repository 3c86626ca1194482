using GoQueue.Demo.Readers;

namespace GoQueue.Demo.Verdicts;

/// <summary>Shows that the comparison can fail: damages what was read in each way that matters and asks whether the damage is seen.</summary>
internal static class Sabotage
{
    /// <summary>The kinds of damage that were not seen; empty when the comparison is worth something.</summary>
    public static List<string> Unseen(IReadOnlyList<SentMessage> sent, IReadOnlyList<StoredMessage> stored)
    {
        int at = Enumerable.Range(0, stored.Count - 1).First(i => i >= (stored.Count / 2) - 1 && stored[i].Partition == stored[i + 1].Partition);
        StoredMessage victim = stored[at];
        long end = stored.Max(message => message.Offset) + 1;
        Dictionary<string, List<StoredMessage>> damaged = new()
        {
            ["one message lost"] = [.. stored.Where(message => message != victim)],
            ["one message twice"] = [.. stored, victim with { Offset = end }],
            ["one bit of a value"] = Replace(stored, victim, victim with { Value = Flip(victim.Value) }),
            ["one bit of a key"] = Replace(stored, victim, victim with { Key = Flip(victim.Key) }),
            ["one message nobody sent"] = [.. stored, victim with { Offset = end, Value = [1, 2, 3] }],
            ["two messages out of order"] = [.. stored.Take(at), stored[at + 1], victim, .. stored.Skip(at + 2)],
        };
        List<string> unseen = [.. damaged.Where(kind => Comparison.Differences(sent, kind.Value).Count == 0).Select(kind => kind.Key)];
        if (!SeesOrderPerKey(sent, stored))
        {
            unseen.Add("two messages of one key stored, and acknowledged, the wrong way round");
        }

        return unseen;
    }

    /// <summary>A broker that is consistent with its own answers and yet turned two messages of one key round.</summary>
    private static bool SeesOrderPerKey(IReadOnlyList<SentMessage> sent, IReadOnlyList<StoredMessage> stored)
    {
        IGrouping<string, SentMessage>? key = sent.Where(message => message.Acknowledged is not null)
            .GroupBy(message => Convert.ToBase64String(message.Key)).FirstOrDefault(group => group.Count() > 1);
        if (key is null)
        {
            return true; // a short run may have no key twice; the full index has
        }

        SentMessage first = key.First();
        SentMessage second = key.Last();
        List<SentMessage> told = [.. sent.Select(message => new SentMessage(message.Index, message.Key, message.Value) { Acknowledged = message.Acknowledged })];
        (told[first.Index].Acknowledged, told[second.Index].Acknowledged) = (second.Acknowledged, first.Acknowledged);
        StoredMessage atFirst = stored.First(message => (message.Partition, message.Offset) == first.Acknowledged);
        StoredMessage atSecond = stored.First(message => (message.Partition, message.Offset) == second.Acknowledged);
        List<StoredMessage> turned = Replace(Replace(stored, atFirst, atFirst with { Value = second.Value }), atSecond, atSecond with { Value = first.Value });
        return Comparison.Differences(told, turned).Count > 0;
    }

    private static List<StoredMessage> Replace(IReadOnlyList<StoredMessage> all, StoredMessage one, StoredMessage other) =>
        [.. all.Select(message => ReferenceEquals(message, one) ? other : message)];

    private static byte[] Flip(byte[] bytes)
    {
        byte[] copy = [.. bytes];
        copy[copy.Length / 2] ^= 1;
        return copy;
    }
}
