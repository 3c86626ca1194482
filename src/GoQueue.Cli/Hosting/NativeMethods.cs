using System.Runtime.InteropServices;

namespace GoQueue.Cli.Hosting;

/// <summary>The few calls of the C library that .NET has no equal for.</summary>
internal static partial class NativeMethods
{
    public const int Interrupted = 4; // EINTR
    public const int TryAgain = 11; // EAGAIN
    public const int BrokenPipe = 32; // EPIPE
    public const int SigTerm = 15;

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Kill(int process, int signal);

    [LibraryImport(Library, EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int SyncData(int descriptor);

    /// <summary>Sleeps for about this long; Thread.Sleep knows whole milliseconds only.</summary>
    internal static unsafe void Pause(long nanos)
    {
        Timespec time = new() { Seconds = (nint)(nanos / 1_000_000_000), Nanos = (nint)(nanos % 1_000_000_000) };

        // A signal may end it early; callers look at the clock again.
        _ = NanoSleep(&time, null);
    }

    [LibraryImport(Library, EntryPoint = "nanosleep", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int NanoSleep(Timespec* time, Timespec* left);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanos;
    }
}
