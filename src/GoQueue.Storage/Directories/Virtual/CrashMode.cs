namespace GoQueue.Storage.Directories;

/// <summary>What a virtual crash leaves of what was not flushed or synced.</summary>
public enum CrashMode
{
    /// <summary>The process dies, the machine goes on: everything written is there.</summary>
    KeepAll = 0,

    /// <summary>The power goes and nothing un-flushed was on its way.</summary>
    DropUnflushed = 1,

    /// <summary>The power goes while writes are on their way: per file a prefix, or any subset of the sectors; per directory some of the changes.</summary>
    Tear = 2,
}

/// <summary>Thrown out of the operation at which a virtual disk was told to crash, and by every later use of a handle from before.</summary>
public sealed class VirtualCrashException() : Exception("the virtual disk crashed here");
