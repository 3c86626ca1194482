namespace GoQueue.History.Checking.Facts;

/// <summary>Values by offset: offsets are nearly dense, so pages of an array cost less than a dictionary.</summary>
internal sealed class OffsetMap<T>
    where T : unmanaged
{
    private const int PageBits = 10;
    private const int PageSize = 1 << PageBits;

    private readonly Dictionary<long, T[]> pages = [];
    private long lastKey = -1;
    private T[] lastPage = [];

    /// <summary>The slot of an offset, default where nothing was put. Offsets are not negative.</summary>
    public ref T this[long offset]
    {
        get
        {
            long key = offset >> PageBits;
            if (key != lastKey)
            {
                if (!pages.TryGetValue(key, out T[]? page))
                {
                    pages.Add(key, page = new T[PageSize]);
                }

                (lastKey, lastPage) = (key, page);
            }

            return ref lastPage[offset & (PageSize - 1)];
        }
    }

    /// <summary>Without making room.</summary>
    public T Get(long offset) => offset >= 0 && pages.TryGetValue(offset >> PageBits, out T[]? page) ? page[offset & (PageSize - 1)] : default;

    /// <summary>Offsets with a value other than the default, ascending.</summary>
    public IEnumerable<(long Offset, T Value)> Entries()
    {
        foreach (long key in pages.Keys.Order())
        {
            T[] page = pages[key];
            for (int i = 0; i < page.Length; i++)
            {
                if (!EqualityComparer<T>.Default.Equals(page[i], default))
                {
                    yield return ((key << PageBits) + i, page[i]);
                }
            }
        }
    }
}
