using System.Runtime.InteropServices;

namespace GoQueue.Chaos.Machine;

/// <summary>The few calls of the C library that .NET has no equal for.</summary>
internal static partial class NativeMethods
{
    private const int ReadOnly = 0;
    private const int CloneNewNet = 0x4000_0000;
    private const nuint Ext4Shutdown = 0x8004_587D; // EXT4_IOC_SHUTDOWN = _IOR('X', 125, __u32)
    private const uint NoLogFlush = 2; // EXT4_GOING_FLAGS_NOLOGFLUSH: what was not flushed is gone

    public static bool IsRoot => EffectiveUser() == 0;

    /// <summary>The calling thread belongs to another network namespace from here on. Sockets it makes do too.</summary>
    public static int EnterNetwork(string path)
    {
        int descriptor = Open(path, ReadOnly);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        int outcome = SetNamespace(descriptor, CloneNewNet) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        return outcome;
    }

    /// <summary>The ext4 or XFS file system of this folder does nothing from here on: no write, no flush, no read. Answers an error number, or 0.</summary>
    public static unsafe int ShutDownFileSystem(string folder)
    {
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        uint flags = NoLogFlush;
        int outcome = Control(descriptor, Ext4Shutdown, &flags) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        return outcome;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Control(int descriptor, nuint request, uint* value);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNamespace(int descriptor, int kind);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
