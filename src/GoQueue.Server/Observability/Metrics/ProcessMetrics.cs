using System.Diagnostics;
using GoQueue.Server.Hosting;

namespace GoQueue.Server.Observability.Metrics;

/// <summary>The process and its runtime, under the names that dashboards know.</summary>
internal static class ProcessMetrics
{
    public static void Write(TextExposition text, string nodeId)
    {
        using Process process = Process.GetCurrentProcess();
        text.Write("goqueue_build_info", MetricType.Gauge, string.Empty, "Version and node id; always 1.", 1, $"version=\"{ServerProcess.ProductVersion}\",node=\"{nodeId}\"");
        text.Write("process_cpu_seconds", MetricType.Counter, "seconds", "User and system time of the process.", process.TotalProcessorTime.TotalSeconds);
        text.Write("process_resident_memory_bytes", MetricType.Gauge, "bytes", "Physical memory of the process.", process.WorkingSet64);
        text.Write("process_virtual_memory_bytes", MetricType.Gauge, "bytes", "Virtual memory of the process.", process.VirtualMemorySize64);
        text.Write("process_start_time_seconds", MetricType.Gauge, "seconds", "When the process started, seconds since 1970.", (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        text.Write("process_threads", MetricType.Gauge, string.Empty, "Threads of the operating system.", process.Threads.Count);
        if (Directory.Exists("/proc/self/fd"))
        {
            text.Write("process_open_fds", MetricType.Gauge, string.Empty, "Open file descriptors.", Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        }

        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        text.Write("dotnet_gc_collections", MetricType.Counter, string.Empty, "Garbage collections by generation.",
            Enumerable.Range(0, GC.MaxGeneration + 1).Select(static generation => ($"generation=\"{generation}\"", (double)GC.CollectionCount(generation))));
        text.Write("dotnet_gc_pause_seconds", MetricType.Counter, "seconds", "Time that all threads were stopped for garbage collection.", GC.GetTotalPauseDuration().TotalSeconds);
        text.Write("dotnet_gc_heap_bytes", MetricType.Gauge, "bytes", "Managed heap after the last collection.", memory.HeapSizeBytes);
        text.Write("dotnet_gc_committed_bytes", MetricType.Gauge, "bytes", "Memory committed by the collector at the last collection.", memory.TotalCommittedBytes);
        text.Write("dotnet_gc_allocated_bytes", MetricType.Counter, "bytes", "Managed memory allocated since the start.", GC.GetTotalAllocatedBytes());
        text.Write("dotnet_threadpool_threads", MetricType.Gauge, string.Empty, "Threads of the pool.", ThreadPool.ThreadCount);
        text.Write("dotnet_threadpool_pending_items", MetricType.Gauge, string.Empty, "Work waiting for a thread of the pool.", ThreadPool.PendingWorkItemCount);
        text.Write("dotnet_threadpool_completed_items", MetricType.Counter, string.Empty, "Work that the pool has done.", ThreadPool.CompletedWorkItemCount);
        text.Write("dotnet_lock_contentions", MetricType.Counter, string.Empty, "Times a thread had to wait for a lock.", Monitor.LockContentionCount);
    }
}
