using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace GoQueue.Server.Hosting;

/// <summary>
/// Holds a caller of the gRPC listener to the HTTP/2 client preface (RFC 9113 section 3.4) within the header time-out. Kestrel alone would wait
/// for it, or for the line end by which it knows a caller of HTTP/1.1, as long as for an idle connection.
/// </summary>
internal sealed class PrefaceWatch(TimeSpan patience, TimeProvider time)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>A connection handler that goes on to the next once there is a preface, or once there cannot be one: that gets its answer, and until the time is over.</summary>
    public async Task WatchAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        bool isSpeakingHttp2;
        await using (ITimer timer = time.CreateTimer(
            static connection => ((ConnectionContext)connection!).Abort(new ConnectionAbortedException("no HTTP/2 preface within http.header-timeout")),
            connection,
            patience,
            Timeout.InfiniteTimeSpan))
        {
            isSpeakingHttp2 = await ReadsPrefaceAsync(connection.Transport.Input);
            if (!isSpeakingHttp2)
            {
                await next(connection); // says to a caller of HTTP/1.1 what is wrong, under the same timer
            }
        }

        if (isSpeakingHttp2)
        {
            await next(connection);
        }
    }

    /// <summary>Looks at the first bytes without taking them. False as soon as they are no preface, or end.</summary>
    private static async Task<bool> ReadsPrefaceAsync(PipeReader input)
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync();
            }
            catch (Exception gone) when (gone is ConnectionAbortedException or ConnectionResetException or OperationCanceledException)
            {
                return false; // reads of the next handler fail the same way, and it knows what to do then
            }

            bool isBegun = Begins(read.Buffer);
            if (!isBegun || read.IsCompleted || read.IsCanceled || read.Buffer.Length >= Preface.Length)
            {
                input.AdvanceTo(read.Buffer.Start); // nothing examined: the next read answers with the same bytes at once
                return isBegun && read.Buffer.Length >= Preface.Length;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static bool Begins(ReadOnlySequence<byte> bytes)
    {
        int length = (int)Math.Min(bytes.Length, Preface.Length);
        Span<byte> first = stackalloc byte[length];
        bytes.Slice(0, length).CopyTo(first);
        return Preface.StartsWith(first);
    }
}
