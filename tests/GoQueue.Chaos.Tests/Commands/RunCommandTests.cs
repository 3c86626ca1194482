using GoQueue.Chaos.Commands;
using GoQueue.Chaos.Runs;

namespace GoQueue.Chaos.Tests.Commands;

public sealed class RunCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("goqueue-run-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_history_of_an_earlier_run_is_kept_and_another_folder_asked_for()
    {
        string history = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "kill-one")).FullName, TrialRunner.HistoryFile);
        await File.WriteAllTextAsync(history, "kept");
        string server = Path.Combine(folder, "goqueue-server");
        await File.WriteAllTextAsync(server, string.Empty);
        ChaosOptions options = ChaosOptions.Parse(["--plain", "--faults", "kill-one", "--seconds", "5", "--server", server, "--out", folder], folder, 1);

        UsageException refusal = await Assert.ThrowsAsync<UsageException>(() => new RunCommand(options).RunAsync());

        Assert.Contains("give another folder with --out", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("kept", await File.ReadAllTextAsync(history));
    }
}
