using GoQueue.ClusterTest.Loads;

namespace GoQueue.ClusterTest.Verification;

/// <summary>
/// What was sent against what is stored. Every acknowledged message is at its acknowledged offset, once; a message that was given up is there once
/// or not at all; nothing is stored that nobody sent; the messages of a producer stand in each partition in the order of sending.
/// </summary>
internal static class Verdict
{
    private const int MaxExamples = 10;

    /// <summary>The differences, at most a few examples and then their number; empty when all is well.</summary>
    /// <param name="stored">Every partition from its start, each in the order in which it was read.</param>
    /// <param name="areRepeatsAllowed">Messages went by a road that may store one twice.</param>
    public static List<string> Differences(Journal journal, IReadOnlyList<Stored> stored, bool areRepeatsAllowed)
    {
        List<string> differences = [];
        Entry[][] sent = [.. Enumerable.Range(0, journal.Producers).Select(journal.Of)];
        Sightings sightings = new(sent);
        Dictionary<int, long> lastOffset = [];
        Dictionary<(int Producer, int Partition), int> lastSequence = [];
        foreach (Stored one in stored)
        {
            string where = $"partition {one.Partition} offset {one.Offset}";
            if (lastOffset.TryGetValue(one.Partition, out long before) && one.Offset <= before)
            {
                differences.Add($"{where} was read after offset {before}");
            }

            lastOffset[one.Partition] = one.Offset;
            if (one.Message is not { } message || message.Producer >= sent.Length || message.Sequence >= sent[message.Producer].Length)
            {
                differences.Add($"{where} holds something nobody sent, or damaged");
                continue;
            }

            Entry entry = sent[message.Producer][message.Sequence];
            if (entry.Partition != one.Partition)
            {
                differences.Add($"{where} holds {Name(message)}, which was sent to partition {entry.Partition}");
            }

            bool isRepeat = sightings.See(message, one.Offset == entry.Offset);
            int last = lastSequence.GetValueOrDefault((message.Producer, one.Partition), -1);
            if (message.Sequence < last && !(isRepeat && areRepeatsAllowed))
            {
                differences.Add($"{where} holds {Name(message)} behind message {last} of the same producer");
            }

            lastSequence[(message.Producer, one.Partition)] = Math.Max(last, message.Sequence);
        }

        differences.AddRange(sightings.Differences(areRepeatsAllowed));
        return differences.Count <= MaxExamples ? differences : [.. differences.Take(MaxExamples), $"... and {differences.Count - MaxExamples:N0} more"];
    }

    /// <summary>Messages that are stored more than once.</summary>
    public static int Repeats(IReadOnlyList<Stored> stored) =>
        stored.Where(one => one.Message is not null).GroupBy(one => one.Message!.Value).Count(group => group.Count() > 1);

    private static string Name(TestMessage message) => $"message {message.Producer}.{message.Sequence}";

    /// <summary>How often each message was seen, and whether where its acknowledgement says.</summary>
    private sealed class Sightings(Entry[][] sent)
    {
        private readonly int[][] times = [.. sent.Select(producer => new int[producer.Length])];
        private readonly bool[][] inPlace = [.. sent.Select(producer => new bool[producer.Length])];

        /// <summary>Answers whether it had been seen before.</summary>
        public bool See(TestMessage message, bool isInPlace)
        {
            inPlace[message.Producer][message.Sequence] |= isInPlace;
            return times[message.Producer][message.Sequence]++ > 0;
        }

        public IEnumerable<string> Differences(bool areRepeatsAllowed)
        {
            for (int producer = 0; producer < sent.Length; producer++)
            {
                for (int sequence = 0; sequence < sent[producer].Length; sequence++)
                {
                    Entry entry = sent[producer][sequence];
                    string name = Name(new TestMessage(producer, sequence));
                    int seen = times[producer][sequence];
                    if (entry.Outcome == Outcome.Acknowledged && seen == 0)
                    {
                        yield return $"LOST: {name} was acknowledged at partition {entry.Partition} offset {entry.Offset} and is not there";
                    }
                    else if (entry.Outcome == Outcome.Acknowledged && entry.Offset >= 0 && !inPlace[producer][sequence])
                    {
                        yield return $"MOVED: {name} was acknowledged at partition {entry.Partition} offset {entry.Offset} and stands elsewhere";
                    }

                    if (seen > 1 && !areRepeatsAllowed)
                    {
                        yield return $"TWICE: {name} is there {seen} times";
                    }
                }
            }
        }
    }
}
