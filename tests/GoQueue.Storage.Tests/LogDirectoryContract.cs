using GoQueue.Storage.Directories;
using GoQueue.Testing;

namespace GoQueue.Storage.Tests;

public sealed class PhysicalLogDirectoryTests : LogDirectoryContract
{
    private readonly TempFolder folder = new();

    protected override ILogDirectory Directory => field ??= new PhysicalLogDirectory(Path.Join(folder.Path, "a", "b"));

    public override void Dispose()
    {
        folder.Dispose();
        base.Dispose();
    }

    [Fact]
    public void Directories_are_for_the_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _ = Directory.Subdirectory("inner");
        foreach (string path in new[] { Directory.Path, Path.Join(Directory.Path, "inner") })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }
    }

    /// <summary>The null device answers a flush with an error that .NET's own flush forgives, as it forgives a file system gone read-only.</summary>
    [Fact]
    public void A_flush_that_the_system_refuses_is_never_taken_for_done()
    {
        if (OperatingSystem.IsLinux())
        {
            using ILogFile file = new PhysicalLogDirectory("/dev").Open("null", writable: true);
            Assert.Throws<FlushFailedException>(file.Flush);
        }
    }
}

public sealed class VirtualLogDirectoryTests : LogDirectoryContract
{
    private readonly VirtualDisk disk = new();

    protected override ILogDirectory Directory => disk.Root;
}

/// <summary>What every directory does, real or virtual.</summary>
public abstract class LogDirectoryContract : IDisposable
{
    protected abstract ILogDirectory Directory { get; }

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Sizes around the block and around the memory a write is staged in, ends that are cut and gone on from, cached writes in between.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Writing_through_the_cache_gives_the_bytes_that_plain_writes_give(int seed)
    {
        Random random = new(seed);
        List<byte> wanted = [];
        using ILogFile file = Directory.Create("log");
        file.Reserve(1 << 20);
        for (int step = 0; step < 60; step++)
        {
            if (random.Next(8) == 0)
            {
                int keep = random.Next(wanted.Count + 1);
                wanted.RemoveRange(keep, wanted.Count - keep);
                file.SetLength(keep);
            }

            ReadOnlyMemory<byte>[] data = new ReadOnlyMemory<byte>[random.Next(1, 5)];
            for (int part = 0; part < data.Length; part++)
            {
                byte[] bytes = new byte[random.Next(6) == 0 ? random.Next(1 << 20) : random.Next(9000)];
                random.NextBytes(bytes);
                data[part] = bytes;
            }

            if (random.Next(5) == 0)
            {
                file.Write(wanted.Count, data);
            }
            else
            {
                file.WriteThrough(wanted.Count, data);
            }

            foreach (ReadOnlyMemory<byte> part in data)
            {
                wanted.AddRange(part.Span);
            }

            byte[] end = new byte[Math.Min(wanted.Count, 20_000) + 64];
            int read = file.Read(wanted.Count - (end.Length - 64), end);
            Assert.Equal(wanted[^(end.Length - 64)..], end[..(end.Length - 64)]);
            Assert.All(end[(end.Length - 64)..read], behind => Assert.Equal(0, behind));
        }

        file.Flush();
        byte[] all = new byte[wanted.Count];
        Assert.Equal(all.Length, file.Read(0, all));
        Assert.Equal(wanted, all);
    }

    [Fact]
    public void Entries_are_listed_in_ordinal_order_with_their_lengths()
    {
        foreach (string name in new[] { "b", "B", "a" })
        {
            using ILogFile file = Directory.Create(name);
            file.Write(0, new byte[name[0]]);
        }

        _ = Directory.Subdirectory("dir");
        Assert.Equal(
            [new("B", 'B', false), new("a", 'a', false), new("b", 'b', false), new LogDirectoryEntry("dir", 0, true)],
            Directory.List());
        Assert.True(Directory.Exists("a") && Directory.Exists("dir") && !Directory.Exists("c"));
        Assert.True(Directory.AvailableBytes > 0);
    }

    [Fact]
    public void A_file_is_created_once_and_opened_only_when_it_exists()
    {
        Directory.Create("x").Dispose();
        Assert.ThrowsAny<IOException>(() => Directory.Create("x"));
        Assert.Throws<FileNotFoundException>(() => Directory.Open("y", writable: true));
    }

    [Fact]
    public void Reads_give_what_was_written_and_end_at_the_length()
    {
        using ILogFile file = Directory.Create("x");
        file.Write(3, [1, 2, 3]);
        file.Write(6, (IReadOnlyList<ReadOnlyMemory<byte>>)[new byte[] { 4 }, Array.Empty<byte>(), new byte[] { 5, 6 }]);
        file.Flush();
        byte[] bytes = new byte[20];
        Assert.Equal(9, file.Read(0, bytes));
        Assert.Equal([0, 0, 0, 1, 2, 3, 4, 5, 6], bytes[..9]);
        Assert.Equal(2, file.Read(7, bytes));
        Assert.Equal(0, file.Read(9, bytes));
        Assert.Equal(0, file.Read(100, bytes));
    }

    [Fact]
    public void A_file_is_cut_extended_with_zeros_and_reserved()
    {
        using ILogFile file = Directory.Create("x");
        file.Write(0, [1, 2, 3, 4]);
        file.SetLength(2);
        file.SetLength(4);
        file.Reserve(10_000);
        file.Reserve(5);
        byte[] bytes = new byte[10_001];
        Assert.Equal(10_000, file.Read(0, bytes));
        Assert.Equal([1, 2, 0, 0], bytes[..4]);
        Assert.Equal(10_000, file.Length);
    }

    [Fact]
    public void Rename_replaces_and_deletion_of_nothing_is_fine()
    {
        using (ILogFile old = Directory.Create("old"))
        {
            old.Write(0, [1]);
        }

        Directory.Create("new").Dispose();
        Directory.Rename("old", "new");
        Directory.Delete("old");
        Directory.Sync();
        using ILogFile file = Directory.Open("new", writable: false);
        Assert.Equal(1, file.Length);
    }

    [Fact]
    public void An_open_handle_outlives_the_name()
    {
        using ILogFile file = Directory.Create("x");
        file.Write(0, [7]);
        Directory.Delete("x");
        byte[] bytes = new byte[1];
        Assert.Equal(1, file.Read(0, bytes));
        Assert.Equal(7, bytes[0]);
        Directory.Create("x").Dispose();
    }

    [Fact]
    public void Subdirectories_are_renamed_and_deleted_with_their_content()
    {
        Directory.Subdirectory("dir").Create("x").Dispose();
        Directory.Rename("dir", "other");
        Assert.True(Directory.Subdirectory("other").Exists("x"));
        Directory.DeleteSubdirectory("other");
        Directory.DeleteSubdirectory("other");
        Assert.Empty(Directory.List());
    }

    [Fact]
    public void The_lock_has_one_holder_at_a_time()
    {
        using (Directory.Lock("lock"))
        {
            Assert.Throws<DirectoryInUseException>(() => Directory.Lock("lock"));
        }

        Directory.Lock("lock").Dispose();
    }
}
