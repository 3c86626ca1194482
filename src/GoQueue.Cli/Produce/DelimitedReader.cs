using GoQueue.Cli.Failures;

namespace GoQueue.Cli.Produce;

/// <summary>
/// Cuts a stream into pieces at a delimiter, without looking at anything else: a carriage return, a NUL or bytes that are not UTF-8 stay as they
/// are, an empty piece is a piece. The last one may lack the delimiter; an empty stream has none.
/// </summary>
internal sealed class DelimitedReader(Stream input, byte delimiter, int maxBytes)
{
    private const int FirstBufferBytes = 64 << 10;

    private byte[] buffer = new byte[FirstBufferBytes];
    private int start;
    private int end;
    private bool ended;

    /// <summary>The piece without its delimiter; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary>Number of the current piece, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>True when the next read will not have to wait for the stream.</summary>
    public bool HasBuffered => buffer.AsSpan(start, end - start).Contains(delimiter) || ended;

    /// <summary>Moves to the next piece; false at the end. Cancelling also leaves a read of a terminal or pipe that never returns.</summary>
    /// <exception cref="CommandFailure">The piece is larger than a message may be.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancel)
    {
        int searched = 0;
        while (true)
        {
            int found = buffer.AsSpan(start + searched, end - start - searched).IndexOf(delimiter);
            if (found >= 0)
            {
                Take(searched + found, skip: 1);
                return true;
            }

            searched = end - start;
            if (ended)
            {
                bool rest = searched > 0;
                Take(searched, skip: 0);
                return rest;
            }

            if (searched > maxBytes)
            {
                throw CommandFailure.Refused(
                    $"message {Number + 1} is longer than {maxBytes} bytes",
                    "send it as a file with --file, in parts, or check that the input has the delimiter you think it has");
            }

            MakeRoom();
            int read = await WaitForAsync(cancel);
            end += read;
            ended = read == 0;
        }
    }

    // A pipe or terminal cannot be told to give up reading; the read is left behind and the process ends without it.
    private async ValueTask<int> WaitForAsync(CancellationToken cancel)
    {
        ValueTask<int> reading = input.ReadAsync(buffer.AsMemory(end), cancel);
        return reading.IsCompletedSuccessfully ? reading.Result : await reading.AsTask().WaitAsync(cancel);
    }

    private void Take(int length, int skip)
    {
        Current = buffer.AsMemory(start, length);
        start += length + skip;
        Number += length + skip > 0 ? 1 : 0;
    }

    private void MakeRoom()
    {
        int length = end - start;
        byte[] target = length > buffer.Length / 2 ? new byte[buffer.Length * 2] : buffer;
        if (target != buffer || start > 0)
        {
            buffer.AsSpan(start, length).CopyTo(target);
            (buffer, start, end) = (target, 0, length);
        }
    }
}
