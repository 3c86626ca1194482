using GoQueue.Core;
using GoQueue.Partitions.Producers;

namespace GoQueue.Partitions.Tests;

/// <summary>
/// Goal: the fold decides as the naive model does over random histories of sends, repeats, gaps, overlaps, epochs, wrap, expiry, lost appends and
/// restarts. Method: seeded walks; a failure names its seed.
/// </summary>
public sealed class ModelTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_histories_are_decided_as_the_model_decides(int seed)
    {
        Random random = new(seed);
        PartitionState state = new();
        NaiveProducers model = new();
        int[] next = [0, int.MaxValue - 20, int.MaxValue - 3, 100];
        long now = 0;
        long offset = 0;
        for (int step = 0; step < 2_000; step++)
        {
            now += random.Next(20);
            Batch batch = RandomBatch(random, next, offset);
            ProducerDecision decision = state.Decide(batch);
            (ErrorCode code, long original) = model.Decide(batch);
            Assert.Equal((code, original), Seen(decision));

            if (decision.IsAccept || random.Next(50) == 0)
            {
                if (random.Next(10) == 0)
                {
                    LoseAnAppend(state, batch, now);
                    continue;
                }

                Assert.Equal(decision.IsAccept, state.Apply(batch, now));
                model.Apply(batch, now);
                next[batch.Producer] = (int)(((long)batch.Sequence + batch.Count) & int.MaxValue);
                offset += batch.Count;
            }

            if (random.Next(40) == 0)
            {
                Assert.Equal(model.Expire(now, 300), state.ExpireProducers(new UnixMillis(now), TimeSpan.FromMilliseconds(300)));
            }

            if (random.Next(60) == 0)
            {
                byte[] snapshot = state.Snapshot();
                state = PartitionState.ReadSnapshot(snapshot).Value;
                Assert.Equal(snapshot, state.Snapshot());
            }
        }
    }

    private static Batch RandomBatch(Random random, int[] next, long offset)
    {
        int producer = random.Next(next.Length);
        int count = random.Next(1, 6);
        int shift = random.Next(10) switch { < 6 => 0, 6 => -random.Next(1, 40), 7 => random.Next(1, 40), _ => -count };
        int sequence = (next[producer] + shift) & int.MaxValue;
        short epoch = 1;
        int turn = random.Next(40);
        if (turn == 0)
        {
            epoch = (short)random.Next(0, 4);
            sequence = random.Next(2) == 0 ? 0 : sequence;
        }

        return new Batch(producer, epoch, sequence, count, offset);
    }

    private static void LoseAnAppend(PartitionState state, Batch batch, long now)
    {
        byte[] before = state.Snapshot();
        StateMark mark = state.Mark();
        state.Apply(batch, now);
        state.Apply(batch with { Sequence = (int)(((long)batch.Sequence + batch.Count) & int.MaxValue) }, now);
        state.RollbackTo(mark);
        Assert.Equal(before, state.Snapshot());
    }

    private static (ErrorCode Code, long Offset) Seen(ProducerDecision decision) => decision.Verdict switch
    {
        ProducerVerdict.Accept => (ErrorCode.None, -1),
        ProducerVerdict.Duplicate => (ErrorCode.DuplicateSequence, decision.BaseOffset.Value),
        _ => (decision.Error.Code, -1),
    };
}
