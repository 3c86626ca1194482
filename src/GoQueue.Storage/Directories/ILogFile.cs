namespace GoQueue.Storage.Directories;

/// <summary>One open file. Writes go where they are told; nothing is durable before <see cref="Flush"/>. Reads may run beside writes.</summary>
public interface ILogFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads up to the end of the file; returns the bytes read, which is less than asked only at the end.</summary>
    int Read(long position, Span<byte> destination);

    void Write(long position, ReadOnlySpan<byte> data);

    /// <summary>Writes the buffers one after the other, in one vectored operation where the platform has one.</summary>
    void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> data);

    /// <summary>
    /// As the vectored write, for data at the end of what the file holds that is flushed right afterwards: it may go past the system's cache. Up to
    /// 4095 bytes behind the data may become zero, and the file that much longer.
    /// </summary>
    void WriteThrough(long position, IReadOnlyList<ReadOnlyMemory<byte>> data) => Write(position, data);

    /// <summary>
    /// Zero-extends the file to at least <paramref name="length"/> bytes and reserves the room where the platform can, so that writes below
    /// it neither run out of disk nor change the file's length. Never shortens.
    /// </summary>
    /// <exception cref="DiskFullException">There is no room; the file is as long as it was.</exception>
    void Reserve(long length);

    /// <summary>Returns when the data and length are on the device.</summary>
    /// <exception cref="FlushFailedException">The device refused; the handle must not be used again.</exception>
    void Flush();

    /// <summary>
    /// Asks the system to keep nothing of the range in its cache: the next read comes from the device, if the platform can. A hint; what was not flushed stays as it is.
    /// </summary>
    void Forget(long position, long length)
    {
    }

    /// <summary>Cuts or zero-extends the file.</summary>
    void SetLength(long length);
}
