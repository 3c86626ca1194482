using GoQueue.Cli.Failures;
using GoQueue.Cli.Topics;
using GoQueue.Client;

namespace GoQueue.Cli.Tests.Topics;

public sealed class TopicSettingTextTests
{
    [Fact]
    public void Settings_are_read_by_their_names_in_any_spelling()
    {
        TopicConfiguration settings = TopicSettingText.Parse(
            ["retention.ms=60000", "retentionBytes=-1", "segment-bytes=1MiB", "segmentMs=1h", "cleanup.policy=Compact", "maxMessageBytes=4096", "flushMode=interval", "flushIntervalMs=250"]);

        Assert.Equal(
            new TopicConfiguration
            {
                Retention = TimeSpan.FromMinutes(1),
                RetentionBytes = -1,
                SegmentBytes = 1 << 20,
                SegmentAge = TimeSpan.FromHours(1),
                Cleanup = TopicCleanup.Compact,
                MaxMessageBytes = 4096,
                Flush = TopicFlush.Interval,
                FlushInterval = TimeSpan.FromMilliseconds(250),
            },
            settings);
    }

    [Theory]
    [InlineData("retentionMs=-1")]
    [InlineData("retentionHours=-1")]
    public void Minus_one_keeps_for_ever(string pair) => Assert.Equal(Timeout.InfiniteTimeSpan, TopicSettingText.Parse([pair]).Retention);

    [Theory]
    [InlineData("retention", "not KEY=VALUE")]
    [InlineData("=5", "not KEY=VALUE")]
    [InlineData("replicas=3", "'replicas'")]
    [InlineData("retentionMs=soon", "'soon'")]
    [InlineData("retentionMs=-5", "'-5'")]
    [InlineData("segmentMs=-1", "'-1'")]
    [InlineData("cleanupPolicy=1", "'1'")]
    [InlineData("flushMode=sometimes", "'sometimes'")]
    [InlineData("retentionHours=NaN", "'NaN'")]
    [InlineData("retentionMs=99999999999999999999", "'99999999999999999999'")]
    public void What_cannot_be_read_is_a_usage_error_that_names_it(string pair, string expected)
    {
        CommandFailure failure = Assert.Throws<CommandFailure>(() => TopicSettingText.Parse([pair]));

        Assert.Equal(ExitCode.Usage, failure.Code);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_as_json_have_the_names_and_units_of_the_rest_interface()
    {
        TopicConfiguration settings = new() { Retention = Timeout.InfiniteTimeSpan, SegmentBytes = 5, Cleanup = TopicCleanup.Delete, Flush = TopicFlush.None, FlushInterval = TimeSpan.FromSeconds(1) };

        Assert.Equal(
            """{"retentionMs":-1,"retentionBytes":null,"segmentBytes":5,"segmentMs":null,"cleanupPolicy":"delete","maxMessageBytes":null,"flushMode":"none","flushIntervalMs":1000,"replicationFactor":null,"minInSyncReplicas":null,"uncleanLeaderElection":null}""",
            TopicSettingText.ToJson(settings).ToJsonString());
    }
}
