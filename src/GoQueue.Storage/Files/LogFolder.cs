using GoQueue.Storage.Directories;

namespace GoQueue.Storage.Files;

/// <summary>The directory of one log, and whose it is: what every file in it is made for and checked against.</summary>
internal sealed class LogFolder(ILogDirectory directory, LogIdentity identity) : ILogDirectory
{
    public LogIdentity Identity => identity;

    public string Path => directory.Path;

    public long AvailableBytes => directory.AvailableBytes;

    public IReadOnlyList<LogDirectoryEntry> List() => directory.List();

    public bool Exists(string name) => directory.Exists(name);

    public ILogFile Create(string name) => directory.Create(name);

    public ILogFile Open(string name, bool writable) => directory.Open(name, writable);

    public void Rename(string from, string to) => directory.Rename(from, to);

    public void Delete(string name) => directory.Delete(name);

    public void Sync() => directory.Sync();

    public ILogDirectory Subdirectory(string name) => directory.Subdirectory(name);

    public void DeleteSubdirectory(string name) => directory.DeleteSubdirectory(name);

    public IDisposable Lock(string name) => directory.Lock(name);
}
