namespace GoQueue.Storage.Directories;

/// <summary>
/// The one door to the disk for rings 0-2. Names are plain file names inside this directory. Every operation is synchronous and runs on a
/// thread that may block. A new name, a rename or a delete is durable only after <see cref="Sync"/>.
/// </summary>
/// <remarks>
/// Failures: <see cref="DiskFullException"/> when there is no room (nothing of the operation may be assumed written),
/// <see cref="FlushFailedException"/> when a flush or directory sync fails (fatal for that file: reliability.md section 6 rule 2), other
/// <see cref="IOException"/>s for the rest. Safe for concurrent use; one file is written by one thread at a time.
/// </remarks>
public interface ILogDirectory
{
    /// <summary>Where it is, for messages to people.</summary>
    string Path { get; }

    /// <summary>Bytes that may still be written.</summary>
    long AvailableBytes { get; }

    /// <summary>Entries in ordinal name order.</summary>
    IReadOnlyList<LogDirectoryEntry> List();

    bool Exists(string name);

    /// <summary>Creates a file that must not exist yet.</summary>
    ILogFile Create(string name);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    ILogFile Open(string name, bool writable);

    /// <summary>Moves a file or directory, replacing a file of the new name.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file; a missing one is fine.</summary>
    void Delete(string name);

    /// <summary>Makes creations, renames and deletions of entries durable.</summary>
    void Sync();

    /// <summary>The directory of that name, created when missing (durable after <see cref="Sync"/>).</summary>
    ILogDirectory Subdirectory(string name);

    /// <summary>Deletes a directory with everything in it; a missing one is fine.</summary>
    void DeleteSubdirectory(string name);

    /// <summary>Takes the exclusive lock file of that name until disposed.</summary>
    /// <exception cref="DirectoryInUseException">Another process or another holder has it.</exception>
    IDisposable Lock(string name);
}
