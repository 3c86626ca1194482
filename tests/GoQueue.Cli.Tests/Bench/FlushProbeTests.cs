using GoQueue.Cli.Bench;
using GoQueue.Cli.Failures;
using GoQueue.Testing;

namespace GoQueue.Cli.Tests.Bench;

public sealed class FlushProbeTests
{
    [Fact]
    public void The_probe_measures_and_leaves_nothing_behind()
    {
        using TempFolder folder = new();

        FlushProbe probe = FlushProbe.Run(folder.Path, TimeSpan.FromMilliseconds(50), CancellationToken.None);

        Assert.True(probe.Flushes > 0);
        Assert.True(probe.P50Millis > 0 && probe.P50Millis <= probe.P99Millis && probe.P99Millis <= probe.MaxMillis);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_that_cannot_be_used_is_named()
    {
        using TempFolder folder = new();
        string file = Path.Combine(folder.Path, "file");
        File.WriteAllText(file, "in the way");

        CommandFailure failure = Assert.Throws<CommandFailure>(() => FlushProbe.Run(file, TimeSpan.FromMilliseconds(1), CancellationToken.None));

        Assert.Equal(ExitCode.Refused, failure.Code);
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
    }
}
