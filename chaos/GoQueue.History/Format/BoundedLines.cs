namespace GoQueue.History.Format;

/// <summary>Lines of a stream, none kept that is longer than the bound.</summary>
internal sealed class BoundedLines(Stream stream, int maxBytes) : IDisposable
{
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private int length;
    private bool isAtEnd;

    public int MaxBytes { get; } = maxBytes;

    /// <summary>Of the current line, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>The line had more bytes than the bound; they were passed over.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>The stream ended before its line feed.</summary>
    public bool IsUnended { get; private set; }

    /// <summary>Valid until the next move.</summary>
    public ReadOnlySpan<byte> Current => buffer.AsSpan(start, length);

    /// <summary>Goes to the next line; an empty rest is none.</summary>
    public bool MoveNext()
    {
        start += IsTooLong ? 0 : length + (IsUnended || Number == 0 ? 0 : 1);
        length = 0;
        IsTooLong = false;
        int searched = 0;
        while (true)
        {
            int feed = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                return Take(searched + feed, behindFeed: true);
            }

            searched = end - start;
            if (searched > MaxBytes)
            {
                IsTooLong = true;
                start = end; // none of it will be needed
                searched = 0;
            }

            if (isAtEnd || !Fill())
            {
                isAtEnd = true;
                return (searched > 0 || IsTooLong) && Take(searched, behindFeed: false);
            }
        }
    }

    public void Dispose() => stream.Dispose();

    private bool Take(int bytes, bool behindFeed)
    {
        Number++;
        IsUnended = !behindFeed;
        IsTooLong |= bytes > MaxBytes;
        length = bytes;
        if (IsTooLong)
        {
            start += bytes + (behindFeed ? 1 : 0);
            length = 0;
        }

        return true;
    }

    private bool Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        if (end == buffer.Length)
        {
            Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, MaxBytes + (1L << 16)));
        }

        int read = stream.Read(buffer, end, buffer.Length - end);
        end += read;
        return read > 0;
    }
}
