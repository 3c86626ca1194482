using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GoQueue.Storage.Directories;

/// <summary>The calls of the C library that .NET has no door to: flushing a directory, flushing a file without forgiving errors, reserving room in a file, and writing past the page cache.</summary>
internal static partial class Posix
{
    private const int ReadOnlyCloseOnExec = 0x80000; // O_RDONLY | O_CLOEXEC, the same on x64 and arm64
    private const int WriteOnlyCloseOnExec = 0x80001; // O_WRONLY | O_CLOEXEC
    private const int DirectOnX64 = 0x4000; // O_DIRECT, which differs
    private const int DirectOnArm64 = 0x10000;
    private const int NotNeeded = 4; // POSIX_FADV_DONTNEED, the same on x64 and arm64
    private const int Interrupted = 4;
    private const int Invalid = 22;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    public static void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // other systems order directory changes themselves, or have no such call
        }

        int descriptor = Open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw new FlushFailedException(path, LastError("open"));
        }

        try
        {
            int result;
            do
            {
                result = FSync(descriptor);
            }
            while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            if (result < 0)
            {
                throw new FlushFailedException(path, LastError("fsync"));
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>
    /// Brings a file's data and length down to the device. .NET's own call also brings down when it was last changed, which nobody asks for, and takes "read-only file system" for success, which is what ext4 answers once it has given
    /// up writing: a batch acknowledged after such a flush is gone with the page cache. Here every refusal is one.
    /// </summary>
    /// <exception cref="IOException">The system refused, whatever the reason.</exception>
    public static void Flush(SafeFileHandle file)
    {
        int result;
        do
        {
            result = FDataSync(file);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (result < 0)
        {
            throw LastError("fdatasync");
        }
    }

    /// <summary>The same file again for writes past the page cache; null when the platform or the file system has none.</summary>
    public static SafeFileHandle? OpenDirect(SafeFileHandle file)
    {
        int flag = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => DirectOnX64,
            Architecture.Arm64 => DirectOnArm64,
            _ => 0,
        };
        if (!OperatingSystem.IsLinux() || flag == 0)
        {
            return null;
        }

        int descriptor = Open($"/proc/self/fd/{file.DangerousGetHandle()}", WriteOnlyCloseOnExec | flag);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Writes all of an aligned run of blocks. False when the file system does not take such writes.</summary>
    /// <exception cref="IOException">Any other refusal; its HResult is the error number, as .NET's writes have it.</exception>
    public static unsafe bool TryWriteDirect(SafeFileHandle file, ReadOnlySpan<byte> blocks, long position)
    {
        while (!blocks.IsEmpty)
        {
            nint written;
            fixed (byte* first = blocks)
            {
                written = PWrite(file, first, blocks.Length, position);
            }

            if (written > 0)
            {
                blocks = blocks[(int)written..];
                position += written;
                continue;
            }

            int error = written == 0 ? NoSpace : Marshal.GetLastPInvokeError();
            if (error == Invalid)
            {
                return false;
            }

            if (error != Interrupted)
            {
                throw new IOException($"pwrite: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }
        }

        return true;
    }

    /// <summary>Extends with room reserved. False when the file system cannot; the caller then extends without.</summary>
    public static bool TryReserve(SafeFileHandle file, string path, long from, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        int result;
        do
        {
            result = Fallocate(file, 0, from, length - from);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (result < 0 && Marshal.GetLastPInvokeError() is NoSpace or QuotaExceeded)
        {
            throw new DiskFullException(path, LastError("fallocate"));
        }

        return result == 0;
    }

    /// <summary>Lets the system forget the clean pages of a range. Only a hint, so that a refusal is none.</summary>
    public static void DropFromCache(SafeFileHandle file, long from, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = FileAdvise(file, from, length, NotNeeded);
        }
    }

    /// <summary>Opens for reading without the advisory lock that .NET takes; null when it cannot.</summary>
    public static SafeFileHandle? OpenUnlocked(string path)
    {
        int descriptor = OperatingSystem.IsLinux() ? Open(path, ReadOnlyCloseOnExec) : -1;
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public static bool IsDiskFull(IOException failure) => OperatingSystem.IsWindows()
        ? (failure.HResult & 0xFFFF) is 0x27 or 0x70
        : failure.HResult is NoSpace or QuotaExceeded;

    private static IOException LastError(string call) => new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint PWrite(SafeFileHandle file, byte* bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "posix_fadvise64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileAdvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fallocate(SafeFileHandle file, int mode, long offset, long length);
}
