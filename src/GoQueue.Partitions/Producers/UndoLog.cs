using System.Runtime.InteropServices;
using GoQueue.Core;

namespace GoQueue.Partitions.Producers;

/// <summary>
/// What entries were before they changed, since the last mark. Nothing is recorded before the first mark, so replay costs nothing. Bounded:
/// beyond <see cref="MaxSteps"/> the mark is void, and rolling back to it is a broken rule of the caller.
/// </summary>
internal sealed class UndoLog
{
    /// <summary>More batches than one group commit may hold.</summary>
    public const int MaxSteps = 1 << 16;

    private readonly List<Step> steps = [];
    private long generation;
    private bool isRecording;

    public StateMark Mark()
    {
        Clear();
        isRecording = true;
        return new StateMark(++generation);
    }

    public void RememberChanged(in ProducerEntry before) => Push(new Step(before, wasAdded: false));

    public void RememberAdded(in ProducerEntry added) => Push(new Step(added, wasAdded: true));

    public BackwardsEnumerable NewestFirst(StateMark mark)
    {
        Invariant.Check(mark.Generation == generation, "only the newest mark can be rolled back to", generation, mark.Generation);
        Invariant.Check(isRecording, "the mark is not void");
        return new BackwardsEnumerable(CollectionsMarshal.AsSpan(steps));
    }

    public void Clear() => steps.Clear();

    private void Push(in Step step)
    {
        if (!isRecording)
        {
            return;
        }

        if (steps.Count == MaxSteps)
        {
            isRecording = false;
            steps.Clear();
            return;
        }

        steps.Add(step);
    }

    /// <summary>One change: the entry as it was before, or, when there was none, the entry that came.</summary>
    public readonly struct Step(in ProducerEntry entry, bool wasAdded)
    {
        public readonly ProducerEntry Entry = entry;
        public readonly bool WasAdded = wasAdded;
    }

    public readonly ref struct BackwardsEnumerable(ReadOnlySpan<Step> steps)
    {
        private readonly ReadOnlySpan<Step> steps = steps;

        public Enumerator GetEnumerator() => new(steps);
    }

    public ref struct Enumerator(ReadOnlySpan<Step> steps)
    {
        private readonly ReadOnlySpan<Step> steps = steps;
        private int next = steps.Length;

        public readonly ref readonly Step Current => ref steps[next];

        public bool MoveNext() => --next >= 0;
    }
}
