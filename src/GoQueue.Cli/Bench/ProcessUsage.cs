using System.Diagnostics;

namespace GoQueue.Cli.Bench;

/// <summary>What a process has used so far: processor time, and for this process bytes allocated.</summary>
internal readonly record struct ProcessUsage(TimeSpan Processor, long AllocatedBytes, long ResidentBytes)
{
    /// <summary>This process.</summary>
    public static ProcessUsage OfThis()
    {
        using Process self = Process.GetCurrentProcess();
        return new ProcessUsage(self.TotalProcessorTime, GC.GetTotalAllocatedBytes(), self.WorkingSet64);
    }

    /// <summary>Another process of this machine (the broker, by <c>--server-pid</c>); null when it is gone or may not be looked at.</summary>
    public static ProcessUsage? Of(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            return new ProcessUsage(process.TotalProcessorTime, 0, process.WorkingSet64);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
