using System.Collections.Immutable;

namespace GoQueue.Cli.Contexts;

/// <summary>All contexts of a configuration file and the one in use.</summary>
internal sealed record ContextBook(string? Current, ImmutableSortedDictionary<string, CliContext> Contexts)
{
    public const int MaxNameLength = 63;

    public static readonly ContextBook Empty = new(null, ImmutableSortedDictionary.Create<string, CliContext>(StringComparer.Ordinal));

    /// <summary>Names are 1 to 63 letters, digits, <c>. _ -</c>, so that they need no quoting anywhere.</summary>
    public static bool IsValidName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    public ContextBook With(CliContext context) => this with { Contexts = Contexts.SetItem(context.Name, context) };

    /// <summary>Without the context; when it was the current one, no context is current.</summary>
    public ContextBook Without(string name) =>
        new(string.Equals(Current, name, StringComparison.Ordinal) ? null : Current, Contexts.Remove(name));
}
