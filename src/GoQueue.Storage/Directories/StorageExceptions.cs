using GoQueue.Core;

namespace GoQueue.Storage.Directories;

/// <summary>The disk has no room. Nothing counts as written; the file is as long as it was.</summary>
public sealed class DiskFullException(string path, Exception? inner = null) : IOException($"no room left on the disk of {path}", inner);

/// <summary>A flush failed: what the device holds is unknown. The log stops and goes through recovery at the next start.</summary>
public sealed class FlushFailedException(string path, Exception? inner = null) : IOException($"flush of {path} failed; the log must not be used before a restart", inner);

/// <summary>The data directory is locked by another process.</summary>
public sealed class DirectoryInUseException(string path) : IOException($"{path} is in use by another process");

/// <summary>
/// Something else than the log cut short the file that it writes: what was flushed into it is not all there. The log stops; opening it again finds and marks what is lost.
/// </summary>
/// <param name="at">The first offset that is lost.</param>
public sealed class DamagedLogException(string path, Offset at, string detail) : IOException($"{path} is damaged at offset {at}: {detail}")
{
    /// <summary>The first offset that is lost.</summary>
    public Offset At { get; } = at;
}

/// <summary>A log that met a failed flush or write earlier refuses further work until it is opened again.</summary>
public sealed class LogFailedException(string path, Exception cause)
    : IOException($"the log in {path} stopped after a failure and must be opened again: {cause.Message}", cause);

/// <summary>A file is of a version that this program does not read any more. Nothing was changed.</summary>
public sealed class OlderFormatException(string path, int version, int supported)
    : IOException($"{path} has format version {version}, this program reads version {supported}; it was written before the first release: move the directory away and begin with an empty one");

/// <summary>A file was written by a newer version of the format than this program reads.</summary>
public sealed class NewerFormatException(string path, int version, int supported)
    : IOException($"{path} has format version {version}, this program reads up to {supported}; start the newer version again");
