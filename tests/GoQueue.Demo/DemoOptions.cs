namespace GoQueue.Demo;

/// <summary>The command line of the demo.</summary>
internal sealed record DemoOptions
{
    public const string Usage = """
        usage: GoQueue.Demo --bin FOLDER [--packages N] [--partitions N] [--kills N] [--data FOLDER]

          --bin         folder with goqueue-server
          --packages    how many packages of the index; 0, the default, takes all
          --partitions  partitions of the topics; default 6
          --kills       how often the broker is killed during the second load; default 3
          --data        keep the broker's data here; default a temporary folder that is removed
        """;

    public required string Bin { get; init; }

    public int Packages { get; init; }

    public int Partitions { get; init; } = 6;

    public int Kills { get; init; } = 3;

    /// <summary>Null: a temporary folder.</summary>
    public string? Data { get; init; }

    public static DemoOptions Parse(string[] arguments)
    {
        Dictionary<string, string> values = [];
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !values.TryAdd(arguments[i], arguments[i + 1]))
            {
                throw new DemoException(Usage);
            }
        }

        DemoOptions options = new()
        {
            Bin = values.Remove("--bin", out string? bin) ? bin : throw new DemoException(Usage),
            Packages = Number("--packages", 0, 0),
            Partitions = Number("--partitions", 6, 1),
            Kills = Number("--kills", 3, 1),
            Data = values.Remove("--data", out string? data) ? data : null,
        };
        return values.Count == 0 ? options : throw new DemoException($"unknown option {values.Keys.First()}\n{Usage}");

        int Number(string name, int otherwise, int least) => !values.Remove(name, out string? text) ? otherwise
            : int.TryParse(text, out int value) && value >= least ? value
            : throw new DemoException($"{name} takes a number of at least {least}, not '{text}'");
    }
}
