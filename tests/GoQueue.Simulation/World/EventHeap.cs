namespace GoQueue.Simulation.World;

/// <summary>A binary heap of events by due time. Holds structs in one array, because every step goes through it twice.</summary>
internal sealed class EventHeap
{
    private ScheduledEvent[] items = new ScheduledEvent[256];

    public int Count { get; private set; }

    public long NextDue => items[0].Due;

    public void Push(in ScheduledEvent item)
    {
        if (Count == items.Length)
        {
            Array.Resize(ref items, Count * 2);
        }

        int at = Count++;
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (!item.IsBefore(items[parent]))
            {
                break;
            }

            items[at] = items[parent];
            at = parent;
        }

        items[at] = item;
    }

    public ScheduledEvent Pop()
    {
        ScheduledEvent first = items[0];
        ScheduledEvent last = items[--Count];
        items[Count] = default;
        int at = 0;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && items[child + 1].IsBefore(items[child]))
            {
                child++;
            }

            if (!items[child].IsBefore(last))
            {
                break;
            }

            items[at] = items[child];
            at = child;
        }

        if (Count > 0)
        {
            items[at] = last;
        }

        return first;
    }
}
