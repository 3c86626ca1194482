using GoQueue.ClusterTest.Loads;

namespace GoQueue.ClusterTest.Verification;

/// <summary>Shows that the verdict can fail: a sound history must pass, and each kind of damage must be seen.</summary>
internal static class SelfCheck
{
    private const int Messages = 12;

    /// <summary>What the verdict got wrong; empty when it is worth something.</summary>
    public static List<string> Mistakes()
    {
        Journal journal = new(2);
        List<Stored> sound = [];
        for (int i = 0; i < Messages; i++)
        {
            for (int producer = 0; producer < 2; producer++)
            {
                int sequence = journal.Begin(producer, 0);
                long offset = (i * 2) + producer;
                if (i == Messages - 2)
                {
                    journal.GiveUp(producer, sequence, "Timeout", "no answer");
                }
                else
                {
                    journal.Acknowledge(producer, sequence, 0, offset, 3, flushed: true, 2);
                }

                sound.Add(new Stored(0, offset, new TestMessage(producer, sequence)));
            }
        }

        Stored victim = sound[6];
        Dictionary<string, List<Stored>> damaged = new()
        {
            ["an acknowledged message lost"] = [.. sound.Where(one => one != victim)],
            ["a message twice"] = [.. sound, victim with { Offset = 100 }],
            ["a message that was given up twice"] = [.. sound, sound[^4] with { Offset = 100 }],
            ["a damaged message"] = Replace(victim, victim with { Message = null }),
            ["a message nobody sent"] = [.. sound, victim with { Offset = 100, Message = new TestMessage(0, Messages) }],
            ["two messages changed places"] = [.. Replace(victim, sound[8] with { Offset = victim.Offset }).Select((one, index) => index == 8 ? victim with { Offset = sound[8].Offset } : one)],
            ["a message in another partition"] = Replace(victim, victim with { Partition = 1 }),
        };
        List<string> mistakes = [.. damaged.Where(kind => Verdict.Differences(journal, kind.Value, areRepeatsAllowed: false).Count == 0).Select(kind => $"not seen: {kind.Key}")];
        mistakes.AddRange(Verdict.Differences(journal, sound, areRepeatsAllowed: false).Select(difference => $"found in a sound history: {difference}"));
        mistakes.AddRange(Verdict.Differences(journal, [.. sound.Where(one => one != sound[^4])], areRepeatsAllowed: false).Select(difference => $"a given up message may be missing: {difference}"));
        byte[] body = TestMessage.Encode(1, 23, 100);
        if (TestMessage.Decode(body) != new TestMessage(1, 23))
        {
            mistakes.Add("a message is not read back as it was made");
        }

        body[60] ^= 1;
        if (TestMessage.Decode(body) is not null)
        {
            mistakes.Add("not seen: one bit of a message");
        }

        return mistakes;

        List<Stored> Replace(Stored one, Stored other) => [.. sound.Select(message => message == one ? other : message)];
    }
}
