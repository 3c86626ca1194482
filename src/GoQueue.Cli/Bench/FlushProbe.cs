using System.Diagnostics;
using System.Runtime.InteropServices;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Hosting;
using Microsoft.Win32.SafeHandles;

namespace GoQueue.Cli.Bench;

/// <summary>
/// How fast the disk itself is, in the same minute as a benchmark: 4 KiB appended and forced to the device, one after the other. Without it a
/// flushed figure from a shared machine cannot be compared with anything.
/// </summary>
internal sealed record FlushProbe(long Flushes, double P50Millis, double P99Millis, double MaxMillis, double FlushesPerSecond)
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    private const int WriteBytes = 4096;

    /// <summary>Runs for <paramref name="length"/> on a temporary file in <paramref name="folder"/>, which is removed again.</summary>
    public static FlushProbe Run(string folder, TimeSpan length, CancellationToken cancel)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string path = Path.Combine(folder, $".goqueue-flush-probe-{Environment.ProcessId}");
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
            return Measure(file, length, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Refused($"the flush probe cannot write into {folder}: {e.Message}", "name a folder on the broker's disk with --probe DIR, or leave it out", e);
        }
    }

    private static FlushProbe Measure(SafeFileHandle file, TimeSpan length, CancellationToken cancel)
    {
        byte[] block = new byte[WriteBytes];
        Random.Shared.NextBytes(block);
        LatencyHistogram histogram = new();
        long start = Stopwatch.GetTimestamp();
        long position = 0;
        while (Stopwatch.GetElapsedTime(start) < length && !cancel.IsCancellationRequested)
        {
            long before = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, block, position);
            if (NativeMethods.SyncData((int)file.DangerousGetHandle()) != 0)
            {
                throw new IOException("fdatasync failed: " + Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
            }

            histogram.Record((long)Stopwatch.GetElapsedTime(before).TotalNanoseconds);
            position += WriteBytes;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new FlushProbe(
            histogram.Count,
            histogram.PercentileNanos(50) / 1e6,
            histogram.PercentileNanos(99) / 1e6,
            histogram.MaxNanos / 1e6,
            histogram.Count / seconds);
    }
}
