namespace GoQueue.Storage.Directories;

/// <summary>A file (with its length in bytes) or a directory (length 0).</summary>
public readonly record struct LogDirectoryEntry(string Name, long Length, bool IsDirectory);
