using GoQueue.Core;

namespace GoQueue.Metadata.Topics;

/// <summary>The rule for names: 1 to 249 of <c>[A-Za-z0-9._-]</c>, not <c>.</c> or <c>..</c>. Names that differ only in case may not exist together.</summary>
public static class TopicName
{
    public const int MaxLength = 249;

    /// <summary>Null when the name is fine, else the refusal.</summary>
    public static Error? Validate(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return new Error(ErrorCode.InvalidTopicName, "the topic name is empty");
        }

        if (name.Length > MaxLength)
        {
            return new Error(ErrorCode.InvalidTopicName, $"the topic name has {name.Length} characters, at most {MaxLength} are allowed");
        }

        if (name is "." or "..")
        {
            return new Error(ErrorCode.InvalidTopicName, "'.' and '..' are not topic names");
        }

        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return new Error(ErrorCode.InvalidTopicName, $"character U+{(int)c:X4} at position {i} is not allowed; use A-Z a-z 0-9 . _ -");
            }
        }

        return null;
    }
}
