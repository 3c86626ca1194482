using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Partitions.Producers;
using static GoQueue.Partitions.Tests.PartitionStateExtensions;

namespace GoQueue.Partitions.Tests;

public sealed class IdempotentProducerTests
{
    private const int LastSequence = int.MaxValue;

    [Fact]
    public void A_batch_without_producer_id_is_always_accepted_and_leaves_no_trace()
    {
        PartitionState state = new();
        for (int i = 0; i < 3; i++)
        {
            Assert.True(state.Decide(new Batch(-1, -1, -1)).IsAccept);
            Assert.True(state.Apply(new Batch(-1, -1, -1, Offset: i)));
        }

        Assert.Equal(0, state.ProducerCount);
    }

    [Fact]
    public void I1_the_next_sequence_is_accepted()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0, Count: 10));

        Assert.True(state.Decide(new Batch(7, 0, 10, Count: 5)).IsAccept);
    }

    [Fact]
    public void I1_exact_repeat_answers_the_original_offsets_and_timestamp()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0, Count: 3, Offset: 100, Timestamp: 77), new Batch(7, 0, 3, Count: 2, Offset: 200, Timestamp: 88));

        Assert.Equal(ProducerDecision.Duplicate(new Offset(100), new Offset(102), new UnixMillis(77)), state.Decide(new Batch(7, 0, 0, Count: 3)));
        Assert.Equal(ProducerDecision.Duplicate(new Offset(200), new Offset(201), new UnixMillis(88)), state.Decide(new Batch(7, 0, 3, Count: 2)));
    }

    [Fact]
    public void I1_each_of_the_last_five_batches_is_recognised_and_the_sixth_is_only_known_to_be_old()
    {
        PartitionState state = StateAfter([.. Enumerable.Range(0, 6).Select(i => new Batch(7, 0, i * 2, Count: 2, Offset: 10 + i))]);

        for (int i = 1; i < 6; i++)
        {
            ProducerDecision decision = state.Decide(new Batch(7, 0, i * 2, Count: 2));
            Assert.True(decision.IsDuplicate);
            Assert.Equal(new Offset(10 + i), decision.BaseOffset);
        }

        Assert.Equal(ErrorCode.DuplicateSequence, state.Decide(new Batch(7, 0, 0, Count: 2)).Error.Code);
    }

    [Fact]
    public void I1_a_gap_is_refused_as_out_of_order()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0, Count: 3));

        ProducerDecision decision = state.Decide(new Batch(7, 0, 4));

        Assert.Equal(ErrorCode.OutOfOrderSequence, decision.Error.Code);
        Assert.Contains("expected sequence 3", decision.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void I1_written_sequences_in_other_batch_bounds_are_old_and_not_appended_again()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0, Count: 4), new Batch(7, 0, 4, Count: 4));

        Assert.Equal(ErrorCode.DuplicateSequence, state.Decide(new Batch(7, 0, 2, Count: 3)).Error.Code);
    }

    [Fact]
    public void I1_a_batch_that_is_partly_old_and_partly_new_is_out_of_order()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0, Count: 4));

        Assert.Equal(ErrorCode.OutOfOrderSequence, state.Decide(new Batch(7, 0, 2, Count: 3)).Error.Code);
    }

    [Theory]
    [InlineData(LastSequence, 1)]      // the batch ends exactly at the last number
    [InlineData(LastSequence - 4, 5)]
    public void I1_sequence_wraps_to_0_between_batches(int sequence, int count)
    {
        PartitionState state = StateAfter(new Batch(7, 0, sequence, count));

        Assert.True(state.Decide(new Batch(7, 0, 0)).IsAccept);
        Assert.Equal(ErrorCode.OutOfOrderSequence, state.Decide(new Batch(7, 0, 1)).Error.Code);
    }

    [Fact]
    public void I1_sequence_wraps_to_0_inside_a_batch()
    {
        PartitionState state = StateAfter(new Batch(7, 0, LastSequence - 1, Count: 5, Offset: 50));

        Assert.True(state.Decide(new Batch(7, 0, 3)).IsAccept);
        Assert.True(state.Decide(new Batch(7, 0, LastSequence - 1, Count: 5)).IsDuplicate);
        Assert.Equal(ErrorCode.DuplicateSequence, state.Decide(new Batch(7, 0, LastSequence)).Error.Code);
        Assert.Equal(ErrorCode.DuplicateSequence, state.Decide(new Batch(7, 0, 1)).Error.Code);
    }

    [Fact]
    public void I1_producers_do_not_touch_each_other()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0, Count: 3), new Batch(8, 4, 0));

        Assert.True(state.Decide(new Batch(7, 0, 3)).IsAccept);
        Assert.True(state.Decide(new Batch(8, 4, 1)).IsAccept);
    }

    [Fact]
    public void I2_a_lower_epoch_is_refused()
    {
        PartitionState state = StateAfter(new Batch(7, 3, 0));

        Assert.Equal(ErrorCode.InvalidProducerEpoch, state.Decide(new Batch(7, 2, 1)).Error.Code);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, state.Decide(new Batch(7, 2, 0)).Error.Code);
    }

    [Fact]
    public void I2_on_a_replica_a_batch_out_of_line_only_warns_and_the_log_wins()
    {
        PartitionState state = StateAfter(new Batch(7, 3, 0), new Batch(7, 3, 1));

        Assert.False(state.Apply(new Batch(7, 2, 40, Count: 2, Offset: 9)));

        Assert.Equal(1, state.AnomalyCount);
        Assert.True(state.Decide(new Batch(7, 2, 42)).IsAccept);
        Assert.True(state.Decide(new Batch(7, 2, 40, Count: 2)).IsDuplicate);
        PartitionState thatKnewNothing = StateAfter(new Batch(7, 2, 40, Count: 2, Offset: 9));
        Assert.Equal(thatKnewNothing.Snapshot(), state.Snapshot());
    }

    [Theory]
    [InlineData(-1, 0, 1)]
    [InlineData(0, -1, 1)]
    [InlineData(0, 0, 0)]
    [InlineData(short.MinValue, int.MinValue, int.MinValue)]
    public void I2_an_identity_that_makes_no_sense_is_refused_and_applies_without_effect(short epoch, int sequence, int count)
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0));
        byte[] before = state.Snapshot();

        Assert.Equal(ErrorCode.InvalidArgument, state.Decide(new Batch(7, epoch, sequence, count)).Error.Code);
        Assert.False(state.Apply(new Batch(7, epoch, sequence, count)));
        Assert.Equal(before, state.Snapshot());
    }

    [Fact]
    public void I3_a_new_epoch_starts_at_0()
    {
        PartitionState state = StateAfter(new Batch(7, 3, 0, Count: 5));

        Assert.True(state.Decide(new Batch(7, 4, 0)).IsAccept);
        Assert.Equal(ErrorCode.OutOfOrderSequence, state.Decide(new Batch(7, 4, 5)).Error.Code);

        Assert.True(state.Apply(new Batch(7, 4, 0)));
        Assert.True(state.Decide(new Batch(7, 4, 1)).IsAccept);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, state.Decide(new Batch(7, 3, 5)).Error.Code);
    }

    [Fact]
    public void I3_a_new_epoch_forgets_the_batches_of_the_old_one()
    {
        PartitionState state = StateAfter(new Batch(7, 3, 0, Count: 5, Offset: 10), new Batch(7, 4, 0, Count: 2, Offset: 20));

        Assert.Equal(new Offset(20), state.Decide(new Batch(7, 4, 0, Count: 2)).BaseOffset);
        Assert.False(state.Decide(new Batch(7, 4, 0, Count: 5)).IsDuplicate);
    }

    [Fact]
    public void I3_an_unknown_producer_may_start_at_any_sequence()
    {
        PartitionState state = new();

        Assert.True(state.Decide(new Batch(7, 9, 123_456)).IsAccept);
        Assert.True(state.Apply(new Batch(7, 9, 123_456)));
        Assert.True(state.Decide(new Batch(7, 9, 123_457)).IsAccept);
    }

    [Fact]
    public void I3_a_sequence_before_the_first_known_one_is_not_called_a_duplicate()
    {
        // The producer expired with two batches in flight and the second came first: the first was never written.
        PartitionState state = StateAfter(new Batch(7, 0, 20, Count: 10));

        Assert.Equal(ErrorCode.OutOfOrderSequence, state.Decide(new Batch(7, 0, 10, Count: 10)).Error.Code);
    }

    [Fact]
    public void I3_expired_producers_are_forgotten_and_live_ones_stay()
    {
        PartitionState state = new();
        state.Apply(new Batch(3, 0, 0), at: 1000);
        state.Apply(new Batch(1, 0, 0), at: 2000);
        state.Apply(new Batch(2, 0, 0), at: 3000);

        Assert.Equal(2, state.ExpireProducers(new UnixMillis(12_000), TimeSpan.FromSeconds(10)));

        Assert.Equal(1, state.ProducerCount);
        Assert.True(state.Decide(new Batch(1, 0, 50)).IsAccept);
        Assert.Equal(ErrorCode.OutOfOrderSequence, state.Decide(new Batch(2, 0, 50)).Error.Code);
        Assert.Equal(0, state.ExpireProducers(new UnixMillis(12_999), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void I4_five_batches_in_flight_can_all_be_repeated()
    {
        PartitionState state = StateAfter([.. Enumerable.Range(0, 100).Select(i => new Batch(7, 0, i * 3, Count: 3, Offset: i * 3))]);

        for (int i = 95; i < 100; i++)
        {
            Assert.Equal(new Offset(i * 3), state.Decide(new Batch(7, 0, i * 3, Count: 3)).BaseOffset);
        }
    }

    [Fact]
    public void I5_an_empty_batch_left_by_compaction_keeps_the_sequence()
    {
        PartitionState state = StateAfter(new Batch(7, 2, 40, Count: 10, Offset: 900) { StoredCount = 0 });

        Assert.True(state.Decide(new Batch(7, 2, 50)).IsAccept);
        Assert.Equal(new Offset(909), state.Decide(new Batch(7, 2, 40, Count: 10)).LastOffset);
    }

    [Fact]
    public void I5_replay_of_a_compacted_log_ends_with_the_same_next_sequence()
    {
        PartitionState state = new();
        state.Apply(new Batch(7, 0, 10, Count: 5) { StoredCount = 1 });
        state.Apply(new Batch(7, 0, 40, Count: 5) { StoredCount = 0 });

        Assert.Equal(1, state.AnomalyCount);
        Assert.True(state.Decide(new Batch(7, 0, 45)).IsAccept);
    }

    [Fact]
    public void State_records_carry_no_sequence()
    {
        PartitionState state = StateAfter(new Batch(7, 0, 0));
        Batch marker = new(7, 0, -1) { Attributes = RecordBatchLayout.ControlBit };

        Assert.True(state.Decide(marker).IsAccept);
        Assert.True(state.Apply(marker));
        Assert.True(state.Decide(new Batch(7, 0, 1)).IsAccept);
    }

    [Fact]
    public void A_new_producer_beyond_the_bound_is_refused_as_overloaded_until_one_expires()
    {
        PartitionState state = new(maxProducers: 2);
        state.Apply(new Batch(1, 0, 0), at: 1000);
        state.Apply(new Batch(2, 0, 0), at: 9000);

        Assert.Equal(ErrorCode.Overloaded, state.Decide(new Batch(3, 0, 0)).Error.Code);
        Assert.True(state.Decide(new Batch(2, 0, 1)).IsAccept);

        state.ExpireProducers(new UnixMillis(9000), TimeSpan.FromSeconds(5));
        Assert.True(state.Decide(new Batch(3, 0, 0)).IsAccept);
    }

    [Fact]
    public void Known_producers_cost_no_allocation()
    {
        PartitionState state = new();
        byte[] bytes = new byte[RecordBatchLayout.HeaderSize];
        long sum = 0;
        Run(1000); // warm up: tables grow, methods are compiled

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(10_000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotEqual(0, sum);

        void Run(int turns)
        {
            for (int i = 0; i < turns; i++)
            {
                if (i % 100 == 0)
                {
                    state.Mark();
                }

                System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(RecordBatchLayout.ProducerId), i % 10);
                int sequence = state.Decide(new RecordBatchHeader(bytes)).IsAccept ? i / 10 : 0;
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordBatchLayout.BaseSequence), sequence);
                sum += state.Apply(new RecordBatchHeader(bytes), new UnixMillis(i)) ? 1 : 0;
            }
        }
    }
}
