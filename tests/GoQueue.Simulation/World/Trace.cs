using System.Text;

namespace GoQueue.Simulation.World;

/// <summary>What happened, in order: a digest of everything, and the newest entries to print when a run fails.</summary>
/// <remarks>Entries are numbers and objects; they are made into text only on failure, because a run records tens of thousands of them.</remarks>
internal sealed class Trace
{
    private Entry[] newest = new Entry[1024];
    private long count;

    /// <summary>Equal for two runs of one seed, in any process; the only thing determinism is judged by.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037UL;

    /// <summary>Keeps so many entries, from now on.</summary>
    public void Keep(int lines) => newest = new Entry[Math.Max(1, lines)];

    public void Add(long time, string kind, int process, long first = 0, long second = 0, object? what = null)
    {
        Mix((ulong)time);
        Mix(((ulong)(uint)process << 32) | kind[0] | ((uint)kind.Length << 16));
        Mix((ulong)first);
        Mix((ulong)second);
        newest[count++ % newest.Length] = new Entry(time, kind, process, first, second, what);
    }

    /// <summary>Something for people only: it does not count for the digest.</summary>
    public void Note(long time, string kind, int process, string text) => newest[count++ % newest.Length] = new Entry(time, kind, process, 0, 0, text);

    /// <summary>The newest entries, oldest first.</summary>
    public string Newest(int lines)
    {
        StringBuilder text = new();
        for (long i = Math.Max(0, count - Math.Min(lines, newest.Length)); i < count; i++)
        {
            Entry entry = newest[i % newest.Length];
            text.Append(TimeSpan.FromTicks(entry.Time).TotalMilliseconds.ToString("0.000").PadLeft(12)).Append(" ms  ");
            text.Append((entry.Process < 0 ? "world" : $"p{entry.Process}").PadRight(6)).Append(entry.Kind.PadRight(14));
            text.Append(' ').Append(entry.First).Append(' ').Append(entry.Second).Append(' ').AppendLine(Describe(entry.What));
        }

        return text.ToString();
    }

    /// <summary>A continuation is a delegate over a box of the compiler's state machine; what people want is the method's name.</summary>
    private static string Describe(object? what)
    {
        object? target = what;
        while (target is Delegate call)
        {
            if (call.Target is null || call.Target is Delegate)
            {
                target = call.Target;
                continue;
            }

            Type type = call.Target.GetType();
            return type.IsGenericType && type.Name.Contains("StateMachineBox", StringComparison.Ordinal)
                ? type.GetGenericArguments()[^1].FullName ?? type.Name
                : $"{type.Name}.{call.Method.Name}";
        }

        return target switch
        {
            null => "",
            string text => text,
            IFormattable value => value.ToString(null, null),
            Type type => type.Name,
            _ => target.ToString() ?? target.GetType().Name,
        };
    }

    private void Mix(ulong value)
    {
        ulong mixed = (Digest ^ value) * 0xD6E8FEB86659FD93UL;
        Digest = mixed ^ (mixed >> 32);
    }

    private readonly record struct Entry(long Time, string Kind, int Process, long First, long Second, object? What);
}
