using System.Runtime.InteropServices;

namespace GoQueue.Cli.Hosting;

/// <summary>The few calls of the C library that .NET has no equal for.</summary>
internal static partial class NativeMethods
{
    public const int Interrupted = 4; // EINTR
    public const int TryAgain = 11; // EAGAIN
    public const int BrokenPipe = 32; // EPIPE
    public const int SigTerm = 15;
    public const int ParentDeathSignal = 1; // PR_SET_PDEATHSIG

    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static unsafe partial nint Write(int descriptor, byte* bytes, nint count);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Kill(int process, int signal);

    /// <summary>Takes a signal's handler away: from here on it does what the system does with it, which for SIGTERM is to end the process.</summary>
    internal static void ResetSignal(int signal) => _ = SetSignal(signal, 0);

    [LibraryImport(Library, EntryPoint = "signal", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SetSignal(int signal, nint handler);

    [LibraryImport(Library, EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int SyncData(int descriptor);

    [LibraryImport(Library, EntryPoint = "setpgid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int SetProcessGroup(int process, int group);

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int ProcessControl(int option, nint argument);

    [LibraryImport(Library, EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int ParentProcess();

    /// <param name="path">The program.</param>
    /// <param name="arguments">Its name and arguments, with a null at the end.</param>
    [LibraryImport(Library, EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Execute(string path, string?[] arguments);

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
