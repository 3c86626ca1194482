namespace GoQueue.Core;

/// <summary>Identity of a topic for its whole life; a topic made again under the same name gets another one. Directory names come from it.</summary>
public readonly record struct TopicId(Guid Value) : IComparable<TopicId>
{
    public int CompareTo(TopicId other) => Value.CompareTo(other.Value);

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("N");

    public static bool TryParse(string? text, out TopicId id)
    {
        bool parsed = Guid.TryParseExact(text, "N", out Guid value);
        id = new TopicId(value);
        return parsed;
    }
}
