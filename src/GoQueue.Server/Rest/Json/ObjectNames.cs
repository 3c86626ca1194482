using System.Text.Json;

namespace GoQueue.Server.Rest.Json;

/// <summary>
/// Finds repeated keys in any object of a value while it is walked. A few plain keys are compared in place; an object with many keys, or
/// with escapes in them, gets a hash set, so that a hostile one costs no more than its length.
/// </summary>
internal sealed class ObjectNames
{
    private const int FewNames = 12;

    private readonly Frame[] frames = new Frame[StrictJson.MaxDepth + 1];
    private readonly List<Range> names = [];
    private int depth;

    public void Clear()
    {
        depth = 0;
        names.Clear();
    }

    public void Enter() => frames[depth++] = new Frame { First = names.Count };

    public void Leave()
    {
        ref Frame frame = ref frames[--depth];
        names.RemoveRange(frame.First, names.Count - frame.First);
        frame.Many = null;
    }

    /// <summary>Takes the property name that the reader stands on.</summary>
    public void Add(ReadOnlySpan<byte> body, ref Utf8JsonReader reader)
    {
        ref Frame frame = ref frames[depth - 1];
        if (frame.Many is null)
        {
            int start = (int)reader.TokenStartIndex + 1;
            Range range = new(start, start + reader.ValueSpan.Length);
            bool fits = !reader.ValueIsEscaped && names.Count - frame.First < FewNames;
            if (fits)
            {
                for (int i = frame.First; i < names.Count; i++)
                {
                    if (body[names[i]].SequenceEqual(reader.ValueSpan))
                    {
                        throw Repeated(ref reader);
                    }
                }

                names.Add(range);
                return;
            }

            frame.Many = new HashSet<string>(StringComparer.Ordinal);
            for (int i = frame.First; i < names.Count; i++)
            {
                frame.Many.Add(System.Text.Encoding.UTF8.GetString(body[names[i]]));
            }
        }

        if (!frame.Many.Add(reader.GetString()!))
        {
            throw Repeated(ref reader);
        }
    }

    private static RequestRefusedException Repeated(ref Utf8JsonReader reader) =>
        RequestRefusedException.Malformed($"the key '{StrictJson.Shorten(reader.GetString()!)}' stands twice in one object (byte {reader.TokenStartIndex})");

    private struct Frame
    {
        public int First;
        public HashSet<string>? Many;
    }
}
