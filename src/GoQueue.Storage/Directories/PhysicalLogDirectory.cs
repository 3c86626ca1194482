#pragma warning disable RS0030 // the one place below the server that touches the file system (docs/architecture.md)
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GoQueue.Storage.Directories;

/// <summary>A directory of the operating system, created with mode 0700 when missing.</summary>
public sealed class PhysicalLogDirectory : ILogDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DriveInfo drive;

    /// <param name="path">Absolute or relative to the working directory at this moment.</param>
    /// <exception cref="IOException">The path is a file, or cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not create it.</exception>
    public PhysicalLogDirectory(string path)
        : this(System.IO.Path.GetFullPath(path), isDurable: true)
    {
    }

    private PhysicalLogDirectory(string path, bool isDurable)
    {
        Path = path;
        CreateDirectories(Path, isDurable);
        drive = new DriveInfo(Path);
    }

    public string Path { get; }

    public long AvailableBytes => drive.AvailableFreeSpace;

    public IReadOnlyList<LogDirectoryEntry> List()
    {
        List<LogDirectoryEntry> entries = [];
        foreach (FileSystemInfo entry in new DirectoryInfo(Path).EnumerateFileSystemInfos())
        {
            // A file may go while we look (a reader's last handle on a deleted segment); then it is simply not there.
            entries.Add(entry is FileInfo file
                ? new LogDirectoryEntry(file.Name, file.Exists ? file.Length : 0, IsDirectory: false)
                : new LogDirectoryEntry(entry.Name, 0, IsDirectory: true));
        }

        entries.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return entries;
    }

    public bool Exists(string name) => System.IO.Path.Exists(Full(name));

    public ILogFile Create(string name) => OpenFile(name, FileMode.CreateNew, FileAccess.ReadWrite);

    public ILogFile Open(string name, bool writable) =>
        OpenFile(name, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read);

    public void Rename(string from, string to)
    {
        string source = Full(from);
        try
        {
            if (Directory.Exists(source))
            {
                Directory.Move(source, Full(to));
            }
            else
            {
                File.Move(source, Full(to), overwrite: true);
            }
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(source, failure);
        }
    }

    public void Delete(string name) => File.Delete(Full(name));

    public void Sync() => Posix.FlushDirectory(Path);

    public ILogDirectory Subdirectory(string name) => new PhysicalLogDirectory(Full(name), isDurable: false);

    public void DeleteSubdirectory(string name)
    {
        string path = Full(name);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    public IDisposable Lock(string name)
    {
        string path = Full(name);
        SafeFileHandle handle;
        try
        {
            // FileShare.None takes an advisory lock that the system drops with the process, however it ends.
            handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new DirectoryInUseException($"{Path} ({Holder(path)})");
        }

        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
        return handle;
    }

    /// <summary>Creates missing levels with mode 0700, each made durable in the level above it when asked.</summary>
    private static void CreateDirectories(string path, bool isDurable)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string? parent = System.IO.Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent))
        {
            CreateDirectories(parent, isDurable);
        }

        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, OwnerOnly);
            }
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(path, failure);
        }

        if (isDurable && !string.IsNullOrEmpty(parent))
        {
            Posix.FlushDirectory(parent);
        }
    }

    private static string Holder(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        using SafeFileHandle? reader = Posix.OpenUnlocked(path);
        if (reader is null)
        {
            return $"lock file {name} is held";
        }

        Span<byte> text = stackalloc byte[32];
        int length = RandomAccess.Read(reader, text, 0);
        return $"lock file {name} is held by process {Encoding.ASCII.GetString(text[..length]).Trim()}";
    }

    private PhysicalLogFile OpenFile(string name, FileMode mode, FileAccess access)
    {
        string path = Full(name);
        try
        {
            SafeFileHandle handle = File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
            return new PhysicalLogFile(handle, path);
        }
        catch (IOException failure) when (Posix.IsDiskFull(failure))
        {
            throw new DiskFullException(path, failure);
        }
    }

    private string Full(string name)
    {
        Core.Invariant.Check(
            name.Length > 0 && name is not "." and not ".." && !name.AsSpan().ContainsAny('/', '\\', '\0'),
            "a log directory is asked for plain names only");
        return System.IO.Path.Join(Path, name);
    }
}
