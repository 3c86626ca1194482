using GoQueue.Cli.Failures;
using GoQueue.Client;
using GoQueue.Core;

namespace GoQueue.Cli.Tests.Failures;

public sealed class FailureTranslationTests
{
    [Fact]
    public void E7_a_truncation_says_with_which_command_to_read_on()
    {
        GoQueueException lost = new(ErrorCode.LogTruncated, "an unclean election took back what was read") { Truncation = new LogTruncation("orders", 2, ReadTo: 90, DivergesAt: 77, LastEpoch: 3) };
        CommandFailure failure = FailureTranslation.Translate(lost, interrupted: false);
        Assert.Equal(ExitCode.Refused, failure.Code);
        Assert.Contains("LOG_TRUNCATED", failure.Message, StringComparison.Ordinal);
        Assert.Contains("goqueue consume orders --partition 2 --offset 77", failure.Next, StringComparison.Ordinal);
        Assert.Contains("--on-truncation continue", failure.Next, StringComparison.Ordinal);
    }
}
