using GoQueue.Core;
using GoQueue.Server.Configuration;
using GoQueue.Server.Hosting;
using GoQueue.Storage.Directories;

namespace GoQueue.Server.DataDirectory;

/// <summary>
/// The right to use a data directory: it is locked by this process, it belongs to this node, and its layout is one this program knows.
/// Nothing in the directory is touched before all three are sure. Dispose it last: then another process may start on it.
/// </summary>
internal sealed class DataDirectoryClaim : IDisposable
{
    private const string LockName = "node.lock";
    private const string TemporaryName = DataDirectoryIdentity.FileName + ".tmp";

    private readonly IDisposable held;

    private DataDirectoryClaim(ILogDirectory directory, DataDirectoryIdentity identity, IDisposable held)
    {
        Directory = directory;
        Identity = identity;
        this.held = held;
    }

    public ILogDirectory Directory { get; }

    public DataDirectoryIdentity Identity { get; }

    /// <exception cref="StartRefusedException">The directory cannot be used; the message says why and what to do.</exception>
    public static DataDirectoryClaim Take(ServerOptions options, TimeProvider time)
    {
        try
        {
            return Take(new PhysicalLogDirectory(options.DataDirectory), options.NodeId, UnixMillis.From(time));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Refused($"the data directory {options.DataDirectory} cannot be used: {failure.Message}", failure);
        }
    }

    /// <exception cref="StartRefusedException">As above.</exception>
    public static DataDirectoryClaim Take(ILogDirectory directory, NodeId node, UnixMillis now)
    {
        IDisposable held;
        try
        {
            held = directory.Lock(LockName);
        }
        catch (DirectoryInUseException inUse)
        {
            throw Refused($"{inUse.Message}. One directory serves one node at a time: stop the other one, or give --data another directory.", inUse);
        }

        try
        {
            return new DataDirectoryClaim(directory, ReadOrMake(directory, node, now), held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose() => held.Dispose();

    private static DataDirectoryIdentity ReadOrMake(ILogDirectory directory, NodeId node, UnixMillis now)
    {
        if (!directory.Exists(DataDirectoryIdentity.FileName))
        {
            return Make(directory, node, now);
        }

        DataDirectoryIdentity identity = Read(directory);
        if (identity.LayoutVersion > DataDirectoryIdentity.CurrentLayout)
        {
            throw Refused($"{directory.Path} has data layout {identity.LayoutVersion}, this program knows up to {DataDirectoryIdentity.CurrentLayout}: it was " +
                "written by a newer version. Start that version, or give --data another directory.");
        }

        if (identity.Node != node)
        {
            throw Refused($"{directory.Path} belongs to node '{identity.Node}', and this node is '{node}'. Give --node-id {identity.Node}, or --data another directory.");
        }

        return identity;
    }

    private static DataDirectoryIdentity Read(ILogDirectory directory)
    {
        using ILogFile file = directory.Open(DataDirectoryIdentity.FileName, writable: false);
        byte[] bytes = new byte[(int)Math.Min(file.Length, DataDirectoryIdentity.MaxSize + 1)];
        int read = file.Read(0, bytes);
        return DataDirectoryIdentity.TryDecode(bytes.AsSpan(0, read), out DataDirectoryIdentity? identity, out string? problem)
            ? identity
            : throw Refused($"{directory.Path}/{DataDirectoryIdentity.FileName} cannot be read: {problem}. Nothing was changed. Restore the file from a copy, or give --data another directory.");
    }

    /// <summary>The first start. A directory that has logs but no identity is not ours to adopt.</summary>
    private static DataDirectoryIdentity Make(ILogDirectory directory, NodeId node, UnixMillis now)
    {
        string[] strangers = [.. directory.List().Select(entry => entry.Name).Where(static name => name is not (LockName or TemporaryName or "lost+found"))];
        if (strangers.Length > 0)
        {
            throw Refused($"{directory.Path} is not empty ('{strangers[0]}'{(strangers.Length > 1 ? $" and {strangers.Length - 1} more" : string.Empty)}) and has no " +
                $"{DataDirectoryIdentity.FileName}: it is not a data directory of a node. Give --data an empty or a new directory.");
        }

        DataDirectoryIdentity identity = new(DataDirectoryIdentity.CurrentLayout, node, Guid.NewGuid(), now);
        directory.Delete(TemporaryName); // left behind by a crash in the middle of this
        using (ILogFile file = directory.Create(TemporaryName))
        {
            file.Write(0, identity.Encode());
            file.Flush();
        }

        directory.Rename(TemporaryName, DataDirectoryIdentity.FileName);
        directory.Sync();
        return identity;
    }

    private static StartRefusedException Refused(string message, Exception? inner = null) => new(ExitCodes.DataDirectoryRefused, message, inner);
}
