using GoQueue.ClusterTest.Loads;
using GoQueue.Harness;

namespace GoQueue.ClusterTest;

/// <summary>The command line.</summary>
internal sealed record TestOptions
{
    public const string Usage = """
        usage: GoQueue.ClusterTest [scenarios | failover | figures | list] --bin FOLDER [OPTIONS]

          scenarios     faults on clusters of real processes, each with a verdict on every message; the default
          failover      how long a partition takes no writes after its leader was killed or stopped
          figures       the section "cluster" of the benchmarks, as rows of a table
          list          the names of the scenarios

          --bin         folder with goqueue-server and goqueue
          --short true  only the scenarios of `make test`
          --only A,B    only these scenarios, or figures
          --runs N      of failover; default 20
          --behind-mib  how far a follower falls behind; default 256
          --road        client (default) or rest: by which road the load goes in
          --data        clusters keep their folders below this one; default a temporary folder
          --keep true   leave the folders of clusters where they are
        """;

    public required string Command { get; init; }

    public required string Bin { get; init; }

    public bool IsShort { get; init; }

    public IReadOnlyList<string> Only { get; init; } = [];

    public int Runs { get; init; }

    public int BehindMebibytes { get; init; }

    public Road Road { get; init; }

    /// <summary>Null: a temporary folder.</summary>
    public string? Data { get; init; }

    public bool Keep { get; init; }

    public static TestOptions Parse(string[] arguments)
    {
        string command = arguments.Length > 0 && !arguments[0].StartsWith('-') ? arguments[0] : "scenarios";
        string[] rest = arguments.Length > 0 && arguments[0] == command ? arguments[1..] : arguments;
        Dictionary<string, string> values = [];
        for (int i = 0; i < rest.Length; i += 2)
        {
            if (i + 1 == rest.Length || !values.TryAdd(rest[i], rest[i + 1]))
            {
                throw new HarnessException(Usage);
            }
        }

        TestOptions options = new()
        {
            Command = command is "scenarios" or "failover" or "figures" or "list" ? command : throw new HarnessException(Usage),
            Bin = values.Remove("--bin", out string? bin) ? Path.GetFullPath(bin) : command == "list" ? string.Empty : throw new HarnessException(Usage),
            IsShort = Switch("--short"),
            Only = values.Remove("--only", out string? only) ? only.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [],
            Runs = Number("--runs", 20),
            BehindMebibytes = Number("--behind-mib", 256),
            Road = values.Remove("--road", out string? road) && Enum.TryParse(road, ignoreCase: true, out Road named) ? named : Road.Client,
            Data = values.Remove("--data", out string? data) ? Path.GetFullPath(data) : null,
            Keep = Switch("--keep"),
        };
        return values.Count == 0 ? options : throw new HarnessException($"unknown option {values.Keys.First()}\n{Usage}");

        bool Switch(string name) => values.Remove(name, out string? text) && (text == "true" || (text == "false" ? false : throw new HarnessException($"{name} takes true or false")));

        int Number(string name, int otherwise) => !values.Remove(name, out string? text) ? otherwise
            : int.TryParse(text, out int value) && value > 0 ? value
            : throw new HarnessException($"{name} takes a number above 0, not '{text}'");
    }
}
