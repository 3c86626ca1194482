using GoQueue.Core;
using static GoQueue.Partitions.Tests.PartitionStateExtensions;

namespace GoQueue.Partitions.Tests;

public sealed class UndoTests
{
    [Fact]
    public void Rollback_takes_back_known_and_new_producers_and_expiry()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0, Count: 3), new Batch(8, 0, 0), new Batch(9, 1, 0));
        byte[] before = state.Snapshot();
        StateMark mark = state.Mark();

        state.Apply(new Batch(7, 0, 3), at: 1_000_000);
        state.Apply(new Batch(7, 1, 0), at: 1_000_000);
        state.Apply(new Batch(10, 0, 5), at: 1_000_000);
        state.Apply(new Batch(10, 0, 6), at: 1_000_000);
        Assert.Equal(2, state.ExpireProducers(new UnixMillis(1_000_000), TimeSpan.FromSeconds(10)));
        state.Apply(new Batch(8, 5, 17), at: 1_000_000);
        state.RollbackTo(mark);

        Assert.Equal(before, state.Snapshot());
        Assert.Equal(3, state.ProducerCount);
    }

    [Fact]
    public void After_a_rollback_the_same_group_can_be_tried_again_under_the_same_mark()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0));
        byte[] before = state.Snapshot();
        StateMark mark = state.Mark();
        for (int attempt = 0; attempt < 3; attempt++)
        {
            Assert.True(state.Decide(new Batch(7, 0, 1)).IsAccept);
            state.Apply(new Batch(7, 0, 1));
            state.Apply(new Batch(8, 0, 0));
            state.RollbackTo(mark);
        }

        Assert.Equal(before, state.Snapshot());
    }

    [Fact]
    public void Only_the_newest_mark_can_be_rolled_back_to()
    {
        PartitionState state = new();
        StateMark old = state.Mark();
        state.Mark();

        Assert.Throws<InvariantViolationException>(() => state.RollbackTo(old));
    }

    [Fact]
    public void A_mark_is_void_after_more_changes_than_its_bound()
    {
        PartitionState state = new();
        StateMark mark = state.Mark();
        for (int i = 0; i <= 1 << 16; i++)
        {
            state.Apply(new Batch(1, 0, i));
        }

        Assert.Throws<InvariantViolationException>(() => state.RollbackTo(mark));
        StateMark fresh = state.Mark();
        state.RollbackTo(fresh);
        Assert.True(state.Decide(new Batch(1, 0, (1 << 16) + 1)).IsAccept);
    }
}
