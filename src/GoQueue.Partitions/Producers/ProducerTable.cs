using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GoQueue.Core;

namespace GoQueue.Partitions.Producers;

/// <summary>
/// The producers of a partition by id, with undo. Entries live in one array of values and are reused, so a known producer costs no
/// allocation. The order in the table depends on its history and is never shown: whoever iterates sorts by id.
/// </summary>
internal sealed class ProducerTable
{
    private readonly Dictionary<long, int> slotById = [];
    private readonly Stack<int> freeSlots = new();
    private ProducerEntry[] slots = [];
    private int usedSlots;

    public UndoLog Undo { get; } = new();

    public int Count => slotById.Count;

    /// <summary>The entry, or a null reference. Valid until the next change of the table.</summary>
    public ref readonly ProducerEntry Find(ProducerId id)
    {
        if (slotById.TryGetValue(id.Value, out int slot))
        {
            return ref slots[slot];
        }

        return ref Unsafe.NullRef<ProducerEntry>();
    }

    /// <summary>The place of a known producer's entry, to be changed; what it was is remembered for undo.</summary>
    public ref ProducerEntry Change(ProducerId id)
    {
        ref ProducerEntry entry = ref slots[slotById[id.Value]];
        Undo.RememberChanged(entry);
        return ref entry;
    }

    public void Add(in ProducerEntry entry)
    {
        Undo.RememberAdded(entry);
        Put(entry);
    }

    public void Remove(ProducerId id)
    {
        Undo.RememberChanged(slots[slotById[id.Value]]);
        Drop(id);
    }

    /// <summary>Takes back every change since the mark, newest first.</summary>
    public void RollbackTo(StateMark mark)
    {
        foreach (ref readonly UndoLog.Step step in Undo.NewestFirst(mark))
        {
            if (step.WasAdded)
            {
                Drop(step.Entry.Id);
            }
            else
            {
                Put(step.Entry);
            }
        }

        Undo.Clear();
    }

    /// <summary>All ids, ascending.</summary>
    public ProducerId[] SortedIds()
    {
        ProducerId[] ids = new ProducerId[slotById.Count];
        int i = 0;
        foreach (long id in slotById.Keys)
        {
            ids[i++] = new ProducerId(id);
        }

        Array.Sort(ids);
        return ids;
    }

    private void Put(in ProducerEntry entry)
    {
        ref int slot = ref CollectionsMarshal.GetValueRefOrAddDefault(slotById, entry.Id.Value, out bool exists);
        if (!exists)
        {
            slot = TakeSlot();
        }

        slots[slot] = entry;
    }

    private void Drop(ProducerId id)
    {
        bool removed = slotById.Remove(id.Value, out int slot);
        Invariant.Check(removed, "only a known producer is dropped");
        freeSlots.Push(slot);
    }

    private int TakeSlot()
    {
        if (freeSlots.TryPop(out int free))
        {
            return free;
        }

        if (usedSlots == slots.Length)
        {
            Array.Resize(ref slots, Math.Max(4, slots.Length * 2));
        }

        return usedSlots++;
    }
}
