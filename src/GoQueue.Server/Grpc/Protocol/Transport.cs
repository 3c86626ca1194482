using Microsoft.AspNetCore.Connections;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>
/// How the end of a stream shows in the calls that read and write it: whichever of Kestrel's exceptions is first, synchronously or not, and
/// often before <c>RequestAborted</c> is cancelled, which happens on another thread a moment later.
/// </summary>
internal static class Transport
{
    /// <summary>To be asked only of what reading or writing the transport threw: a disk throws the same types.</summary>
    public static bool IsFailure(Exception thrown) => thrown is IOException or OperationCanceledException or ConnectionAbortedException or InvalidOperationException;
}
