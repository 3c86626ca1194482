using GoQueue.Storage.Directories;
using GoQueue.Storage.Files;

namespace GoQueue.Storage.Segments;

/// <summary>
/// A file of zeros, as long as a segment, kept ready to become the next one. It is made of a retired segment: its blocks exist, and writing into
/// blocks that were written before flushes for a fraction of what a growing file costs (docs/adr/0006-recycled-segments.md). The zeroing is done
/// ahead and beside, and whole before the file gets its name, so recovery reads it like any reserved room.
/// </summary>
/// <remarks>
/// <see cref="Prepare"/> runs on one background thread beside the writer; <see cref="TryTake"/> and <see cref="Offer"/> come from the writer and
/// from readers. A spare is a hint: losing one costs time, never data.
/// </remarks>
internal sealed class SpareSegment(ILogDirectory directory)
{
    public const string FileName = "spare.zero";

    private const string Unfinished = FileName + FramedFile.TemporarySuffix;
    private const int StepBytes = 1024 * 1024;

    /// <summary>Zeros written between two flushes: bounds what the device has queued ahead of the log's own flush.</summary>
    private const int FlushEveryBytes = 4 * 1024 * 1024;

    private static readonly byte[] Zeros = new byte[StepBytes];

    private readonly Lock work = new(); // held while zeros are written
    private readonly Lock gate = new(); // held for decisions; taken inside `work`, never around it
    private bool isReady = directory.Exists(FileName);
    private bool isPreparing;
    private bool isStopped;
    private bool hasMakings; // a retired segment waits to be zeroed

    /// <summary>There is something to make one of, and nobody does.</summary>
    public bool CanPrepare
    {
        get
        {
            lock (gate)
            {
                return hasMakings && !isReady && !isPreparing && !isStopped;
            }
        }
    }

    /// <summary>Moves the spare to <paramref name="name"/>, of a segment that is not ready yet. False when there is none.</summary>
    public bool TryTake(string name)
    {
        lock (gate)
        {
            if (!isReady)
            {
                return false;
            }

            isReady = false;
            directory.Rename(FileName, name);
            return true;
        }
    }

    /// <summary>
    /// Gives the file of a retired segment, already renamed away and no longer read, to be zeroed instead of deleted: its blocks exist. False
    /// when none is wanted; the caller then deletes it.
    /// </summary>
    public bool Offer(string name)
    {
        lock (gate)
        {
            if (isReady || isPreparing || isStopped || hasMakings)
            {
                return false;
            }

            directory.Rename(name, Unfinished);
            hasMakings = true;
            return true;
        }
    }

    /// <summary>Makes a spare of <paramref name="length"/> bytes if there is something to make it of. Blocks on the disk. Trouble or a stop leaves none.</summary>
    public void Prepare(long length)
    {
        lock (gate)
        {
            if (isReady || isPreparing || isStopped || !hasMakings)
            {
                return;
            }

            isPreparing = true;
        }

        lock (work)
        {
            bool isDone = false;
            try
            {
                isDone = WriteZeros(length);
            }
            catch (IOException)
            {
                // No room or a failing disk: the log itself will say so when it matters.
            }
            finally
            {
                Finish(isDone);
            }
        }
    }

    /// <summary>Waits for a preparation to give up and allows no other.</summary>
    public void Stop()
    {
        Volatile.Write(ref isStopped, true);
        lock (work)
        {
            // whoever was in it has left: it looks at the mark in every step
        }
    }

    private bool WriteZeros(long length)
    {
        using ILogFile file = directory.Open(Unfinished, writable: true);
        if (file.Length > length)
        {
            file.SetLength(length);
        }

        for (long position = 0; position < length; position += StepBytes)
        {
            if (Volatile.Read(ref isStopped))
            {
                return false;
            }

            file.Write(position, Zeros.AsSpan(0, (int)Math.Min(StepBytes, length - position)));
            if ((position + StepBytes) % FlushEveryBytes == 0)
            {
                file.Flush();
            }
        }

        file.Flush();
        return true;
    }

    private void Finish(bool isDone)
    {
        lock (gate)
        {
            isPreparing = false;
            hasMakings = false; // what a failure left is overwritten by the next offer, or swept at the next start
            if (isDone && !isStopped)
            {
                directory.Rename(Unfinished, FileName);
                isReady = true;
            }
        }
    }
}
