using GoQueue.Core;

namespace GoQueue.Metadata.Cluster;

/// <summary>The rule for cluster and node ids: 1 to 64 of <c>[A-Za-z0-9._-]</c>.</summary>
public static class ClusterName
{
    public const int MaxLength = 64;

    /// <summary>Null when the id is fine, else the refusal.</summary>
    /// <param name="what">What is named, for the message: "cluster id", "node id".</param>
    public static Error? Validate(string? id, string what)
    {
        if (string.IsNullOrEmpty(id) || id.Length > MaxLength)
        {
            return new Error(ErrorCode.InvalidArgument, $"a {what} has 1 to {MaxLength} characters, this one has {id?.Length ?? 0}");
        }

        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return new Error(ErrorCode.InvalidArgument, $"character U+{(int)c:X4} is not allowed in a {what}; use A-Z a-z 0-9 . _ -");
            }
        }

        return null;
    }
}
