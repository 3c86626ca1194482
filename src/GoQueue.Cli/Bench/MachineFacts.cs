using System.Runtime.InteropServices;

namespace GoQueue.Cli.Bench;

/// <summary>The machine a figure was taken on; a figure without it says nothing.</summary>
internal sealed record MachineFacts(int Cores, string Processor, string Kernel, string Runtime, long MemoryBytes)
{
    public static MachineFacts Read() => new(
        Environment.ProcessorCount,
        FirstLine("/proc/cpuinfo", "model name") is { } line ? line[(line.IndexOf(':') + 1)..].Trim() : RuntimeInformation.ProcessArchitecture.ToString(),
        FirstLine("/proc/sys/kernel/osrelease", prefix: string.Empty) is { } release ? "Linux " + release : RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    private static string? FirstLine(string path, string prefix)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault(text => text.StartsWith(prefix, StringComparison.Ordinal)) : null;
        }
        catch (IOException)
        {
            return null; // The figure stands without it.
        }
    }
}
