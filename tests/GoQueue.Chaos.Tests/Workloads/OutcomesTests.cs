using GoQueue.Chaos.Workloads;
using GoQueue.Core;
using GoQueue.Harness.Clusters;
using GoQueue.History.Events;

namespace GoQueue.Chaos.Tests.Workloads;

/// <summary>What an error means for the history: a failure that may have happened must never be called one that did not.</summary>
public sealed class OutcomesTests
{
    [Fact]
    public void Every_code_has_one_meaning_on_every_road_and_none_is_a_success()
    {
        foreach (Road road in Enum.GetValues<Road>())
        {
            Assert.All(Enum.GetValues<ErrorCode>(), code => Assert.Contains(Outcomes.Of(road, code), (EventType[])[EventType.Fail, EventType.Info]));
        }
    }

    [Theory]
    [InlineData(ErrorCode.Timeout)]
    [InlineData(ErrorCode.OutcomeUnknown)]
    [InlineData(ErrorCode.NotEnoughReplicasAfterAppend)]
    [InlineData(ErrorCode.Unreachable)]
    [InlineData(ErrorCode.StorageFailure)]
    [InlineData(ErrorCode.Internal)]
    [InlineData(ErrorCode.DuplicateSequence)]
    public void What_may_have_happened_is_unknown_for_every_write(ErrorCode code)
    {
        foreach (Road road in Enum.GetValues<Road>().Where(road => road != Road.Read))
        {
            Assert.Equal(EventType.Info, Outcomes.Of(road, code));
        }
    }

    [Fact]
    public void What_a_producer_says_last_is_not_what_became_of_its_first_try()
    {
        ErrorCode[] certain = [.. Enum.GetValues<ErrorCode>().Where(code => Outcomes.Of(Road.Producer, code) == EventType.Fail)];
        Assert.Equal([ErrorCode.InvalidArgument, ErrorCode.InvalidTopicName, ErrorCode.MessageTooLarge], certain);
    }

    [Fact]
    public void A_read_that_failed_changed_nothing() => Assert.All(Enum.GetValues<ErrorCode>(), code => Assert.Equal(EventType.Fail, Outcomes.Of(Road.Read, code)));

    [Fact]
    public void A_name_that_nobody_knows_is_no_answer_and_a_connection_that_never_was_sent_nothing()
    {
        Assert.Equal(EventType.Info, Outcomes.Of(Road.RestPublish, "HTTP_502"));
        Assert.Equal(EventType.Info, Outcomes.Of(Road.RestPublish, new RestAnswer(0, default)));
        Assert.Equal(EventType.Fail, Outcomes.Of(Road.RestPublish, new RestAnswer(0, default) { IsUnsent = true }));
        Assert.Equal(EventType.Fail, Outcomes.Of(Road.RestPublish, "NOT_ENOUGH_REPLICAS"));
    }

    [Fact]
    public void A_create_that_is_told_there_is_no_such_topic_was_not_refused_by_any_rule() =>
        Assert.Equal(EventType.Fail, Outcomes.Of(Road.RestAdmin, ErrorCode.UnknownTopic)); // so the checker sees it (M5)
}
