using GoQueue.Consensus.SingleNode;
using GoQueue.Consensus.Tests.Contract;
using GoQueue.Core.Scheduling;
using GoQueue.Metadata;
using GoQueue.Storage.Directories;
using GoQueue.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace GoQueue.Consensus.Tests.SingleNode;

/// <summary>
/// The one-node log on a real directory. A crash stops the loop for good between two turns, so that nothing more is written or answered, and goes
/// on with a copy of the files: what a killed process leaves behind.
/// </summary>
internal sealed class SingleNodeHarness : IMetadataLogHarness
{
    private readonly TempFolder folder = new();
    private readonly SingleNodeMetadataLogOptions options;
    private string current;
    private int crashes;
    private TurnThreads loop = null!;
    private SingleNodeMetadataLog log = null!;

    public SingleNodeHarness(SingleNodeMetadataLogOptions options)
    {
        this.options = options;
        current = Path.Combine(folder.Path, "0");
        Directory.CreateDirectory(current);
        Open();
    }

    public IMetadataLog Log => log;

    public async Task ReopenAsync()
    {
        await log.DisposeAsync();
        loop.Dispose();
        Open();
    }

    public Task CrashAsync()
    {
        loop.Dispose();
        string copy = Path.Combine(folder.Path, $"{++crashes}");
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(current))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        current = copy;
        Open();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await log.DisposeAsync();
        loop.Dispose();
        folder.Dispose();
    }

    private void Open()
    {
        loop = new TurnThreads("metadata-test", 1);
        MetadataLogEnvironment environment = new() { Loop = loop, Time = TimeProvider.System, Logger = NullLogger.Instance };
        log = SingleNodeMetadataLog.Open(new PhysicalLogDirectory(current), options, environment);
    }
}
