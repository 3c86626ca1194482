namespace GoQueue.History.Checking.Facts;

/// <summary>Small numbers for texts that come again and again: keys, producers, nodes.</summary>
internal sealed class NameTable
{
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<string> names = [];

    public string this[int number] => names[number];

    public int Number(string name)
    {
        if (!numbers.TryGetValue(name, out int number))
        {
            numbers.Add(name, number = names.Count);
            names.Add(name);
        }

        return number;
    }

    /// <returns>-1 for null.</returns>
    public int NumberOrNone(string? name) => name is null ? -1 : Number(name);
}
