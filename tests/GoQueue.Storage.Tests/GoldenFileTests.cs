using GoQueue.Core;
using GoQueue.Core.Records;
using GoQueue.Storage.Cleaning;
using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;
using GoQueue.Storage.Recovery;

namespace GoQueue.Storage.Tests;

/// <summary>
/// The bytes of every file, fixed and made from docs/internals by a separate encoder: a change of one is a new format version with a reader for the old one
/// (docs/internals). <c>GOQUEUE_GOLDEN=write</c> writes them anew.
/// </summary>
public sealed class GoldenFileTests
{
    private static readonly string Folder = Path.Join(FindTests(), "Golden");

    public static TheoryData<string> Names => [.. Files().Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Files_have_the_bytes_of_version_2(string name)
    {
        byte[] bytes = Files()[name];
        string path = Path.Join(Folder, $"{name}-v2.hex");
        if (Environment.GetEnvironmentVariable("GOQUEUE_GOLDEN") == "write")
        {
            File.WriteAllText(path, Lines(bytes));
        }

        Assert.Equal(File.ReadAllText(path), Lines(bytes));
    }

    [Fact]
    public void A_log_of_golden_files_is_opened()
    {
        // Written by hand from the golden bytes, not by the code under test.
        VirtualDisk disk = new();
        foreach ((string golden, string name) in new[]
        {
            ("offset-index", "00000000000000000000.index"), ("time-index", "00000000000000000000.timeindex"), ("checkpoint", "checkpoint"),
            ("leader-epochs", "leader-epochs"), ("state", "00000000000000000004.state"), ("clean", "clean"),
        })
        {
            using ILogFile file = disk.Root.Create(name);
            file.Write(0, Bytes(Path.Join(Folder, $"{golden}-v2.hex")));
        }

        using (ILogFile file = disk.Root.Create("00000000000000000000.log"))
        {
            file.Write(0, Bytes(Path.Join(Folder, "segment-v2.hex")));
        }

        using PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, new PartitionLogOptions(), Batches.Now);
        Assert.True(log.Recovery.WasClean);
        Assert.Equal(new Offset(5), log.EndOffset);
        Assert.Equal([0, 1, 3], log.ReadAll().Select(batch => new RecordBatchHeader(batch).BaseOffset.Value));
        Assert.Equal([new(new(0), new(0)), new EpochStart(new(2), new(3))], log.Epochs.Entries);
        Assert.True(log.TryLoadState(out Offset at, out byte[] state));
        Assert.Equal((new Offset(4), 3), (at, state.Length));
    }

    /// <summary>A small log, and the files that need more than it.</summary>
    private static SortedDictionary<string, byte[]> Files()
    {
        VirtualDisk disk = new();
        using (PartitionLog log = PartitionLog.Open(disk.Root, Batches.Log, new PartitionLogOptions { IndexIntervalBytes = 100, RecycleSegments = false }, Batches.Now))
        {
            foreach ((int count, int epoch) in new[] { (1, 0), (2, 0), (2, 2) })
            {
                using RecordBatchBuilder builder = new();
                for (int index = 0; index < count; index++)
                {
                    builder.TryAppend(new UnixMillis(Batches.Now.Value + log.EndOffset.Value + index), "key"u8, "value"u8, 1000);
                }

                using SharedBuffer batch = Batches.Stamped(builder.Build(), log.EndOffset.Value, epoch);
                log.Append([batch], Batches.Now);
            }

            log.Close();
        }

        LogFolder folder = new(disk.Root, Batches.Log);
        StateFiles.Write(folder, new Offset(4), [1, 2, 3], 2, new Offset(4));
        Truncation.WriteIntent(folder, new Offset(3));
        CommittedEndFile.Store(folder, new Offset(4));
        CleanerSwap.WriteIntent(folder, [new Offset(0), new Offset(100)]);
        new CleanerState(new Offset(120), HasTombstones: true, [new(new(100), new(1000)), new(new(120), new(2000))]).Store(folder);
        return new(StringComparer.Ordinal)
        {
            ["segment"] = Read(disk, "00000000000000000000.log"),
            ["offset-index"] = Read(disk, "00000000000000000000.index"),
            ["time-index"] = Read(disk, "00000000000000000000.timeindex"),
            ["checkpoint"] = Read(disk, "checkpoint"),
            ["leader-epochs"] = Read(disk, "leader-epochs"),
            ["state"] = Read(disk, "00000000000000000004.state"),
            ["clean"] = Read(disk, "clean"),
            ["truncate"] = Read(disk, "truncate"),
            ["committed"] = Read(disk, "committed"),
            ["cleaner"] = Read(disk, "cleaner"),
            ["cleaner-swap"] = Read(disk, "cleaner-swap"),
        };
    }

    private static byte[] Read(VirtualDisk disk, string name)
    {
        using ILogFile file = disk.Root.Open(name, writable: false);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    /// <summary>Sixteen bytes a line; a run of zero lines is one line with their number.</summary>
    private static string Lines(byte[] bytes)
    {
        List<string> lines = [];
        int zeros = 0;
        foreach (byte[] chunk in bytes.Chunk(16).Append([]))
        {
            if (chunk.Length == 16 && chunk.All(value => value == 0))
            {
                zeros++;
                continue;
            }

            if (zeros > 0)
            {
                lines.Add($"* {zeros}");
                zeros = 0;
            }

            lines.Add(Convert.ToHexStringLower(chunk));
        }

        return string.Join('\n', lines.Where(line => line.Length > 0)) + "\n";
    }

    private static byte[] Bytes(string path) =>
        [.. File.ReadAllLines(path).SelectMany(line => line[0] == '*' ? new byte[int.Parse(line[2..]) * 16] : Convert.FromHexString(line))];

    private static string FindTests()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Join(folder, "GoQueue.Storage.Tests.csproj")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests run below their project folder");
    }
}
