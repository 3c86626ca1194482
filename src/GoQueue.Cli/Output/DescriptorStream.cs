using System.Runtime.InteropServices;
using GoQueue.Cli.Hosting;

namespace GoQueue.Cli.Output;

/// <summary>
/// Writes to a file descriptor as a shell tool does. The console stream of .NET hides a closed pipe, which would let
/// <c>consume --follow | head</c> run for ever; a FileStream would write at its own position and so overwrite what standard error put into
/// the same file.
/// </summary>
/// <remarks>A closed pipe is a <see cref="BrokenPipeException"/>; any other failure an <see cref="IOException"/>.</remarks>
internal sealed class DescriptorStream(int descriptor) : Stream
{
    // How long to wait before trying again when someone made the descriptor non-blocking and it is full.
    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(1);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written;
            fixed (byte* bytes = buffer)
            {
                written = NativeMethods.Write(descriptor, bytes, buffer.Length);
            }

            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case NativeMethods.Interrupted:
                    break;
                case NativeMethods.TryAgain:
                    Thread.Sleep(FullPause);
                    break;
                case NativeMethods.BrokenPipe:
                    throw new BrokenPipeException();
                default:
                    throw new IOException($"cannot write to descriptor {descriptor}: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is held back here.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
