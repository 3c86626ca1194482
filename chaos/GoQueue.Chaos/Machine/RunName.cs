using System.Globalization;

namespace GoQueue.Chaos.Machine;

/// <summary>
/// The name that everything a run puts into the system begins with: <c>gqc</c> and the process id. It says whose it is, so that a later run can tell what was left
/// behind by one that was killed. At most 10 characters: names of network links have 15.
/// </summary>
internal readonly record struct RunName(int ProcessId)
{
    private const string Prefix = "gqc";

    public static RunName Own => new(Environment.ProcessId);

    public string Bridge => $"{this}b";

    public string Namespace(string node) => $"{this}-{node}";

    /// <summary>The end of the link that stays with us; <paramref name="number"/> from 1.</summary>
    public string Link(int number) => $"{this}v{number.ToString(CultureInfo.InvariantCulture)}";

    public string Group(string node) => $"{this}-{node}";

    public override string ToString() => Prefix + ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whose a thing of this name is; null when it is none of ours.</summary>
    public static RunName? Of(string thing)
    {
        if (!thing.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        int digits = Prefix.Length;
        while (digits < thing.Length && char.IsAsciiDigit(thing[digits]))
        {
            digits++;
        }

        bool isOurs = digits == thing.Length || thing[digits] is 'b' or 'v' or '-';
        return isOurs && int.TryParse(thing.AsSpan(Prefix.Length, digits - Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? new RunName(process) : null;
    }
}
