namespace GoQueue.History.Linearizability;

/// <summary>Operations on many registers, each by its key; texts become numbers. Registers are independent, so each is searched alone.</summary>
internal sealed class RegisterHistory
{
    private readonly SortedDictionary<string, List<RegisterOperation>> registers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> numbers = new(StringComparer.Ordinal);
    private readonly List<string> texts = [];

    public IEnumerable<string> Keys => registers.Keys;

    public IReadOnlyList<RegisterOperation> Of(string key) => registers[key];

    public void Add(string key, RegisterAction action, long value, long expected, long call, long @return)
    {
        if (!registers.TryGetValue(key, out List<RegisterOperation>? entries))
        {
            registers.Add(key, entries = []);
        }

        entries.Add(new RegisterOperation(action, value, expected, call, @return));
    }

    /// <summary>A number for a text; null has one too.</summary>
    public long Number(string? text)
    {
        string key = text ?? "\0";
        if (!numbers.TryGetValue(key, out long number))
        {
            numbers.Add(key, number = texts.Count);
            texts.Add(text ?? "none");
        }

        return number;
    }

    public string Text(long number) => number >= 0 && number < texts.Count ? texts[(int)number] : "unknown";

    public SearchResult Search(string key, long initial, int maxSteps) => RegisterSearch.Run(registers[key], initial, maxSteps);
}
