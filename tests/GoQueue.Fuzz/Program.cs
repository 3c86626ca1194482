using System.Globalization;
using GoQueue.Fuzz;
using GoQueue.Fuzz.Kafka;

const string Usage = """
    usage: GoQueue.Fuzz COMMAND
      list                                   names of the targets
      run NAME|all [--seed N] [--runs N] [--seconds N] [--first N]
      replay NAME FILE                       one input, from a file
      write-batches DIR [--seed N] [--count N]
      read-batches DIR
    """;

return args switch
{
    ["list"] => List(),
    ["run", string name, .. string[] rest] => Run(name, rest),
    ["replay", string name, string file] => Replay(name, file),
    ["write-batches", string folder, .. string[] rest] => Write(folder, rest),
    ["read-batches", string folder] => BatchFiles.Read(folder) == 0 ? 0 : 1,
    _ => Misused(),
};

static int List()
{
    foreach (IFuzzTarget target in FuzzTargets.All)
    {
        Console.WriteLine(target.Name);
    }

    return 0;
}

static int Run(string name, string[] rest)
{
    int seconds = Number(rest, "--seconds", 0);
    FuzzOptions options = new()
    {
        Seed = Number(rest, "--seed", 1),
        FirstRun = Number(rest, "--first", 0),
        Runs = Number(rest, "--runs", seconds > 0 ? int.MaxValue / 2 : 20_000),
        MaxTime = seconds > 0 ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromHours(1),
    };
    IReadOnlyList<IFuzzTarget> targets = FuzzTargets.Named(name);
    int findings = 0;
    foreach (IFuzzTarget target in targets)
    {
        FuzzReport report = FuzzRunner.Run(target, options);
        if (report.Finding is not { } finding)
        {
            Console.WriteLine($"{report.Target}: {report.Runs} inputs, no finding");
            continue;
        }

        findings++;
        Console.WriteLine($"{report.Target}: FINDING in run {finding.Run}: {finding.Problem}");
        Console.WriteLine($"  input (base64): {Convert.ToBase64String(finding.Input)}");
        Console.WriteLine($"  replay: dotnet run --project tests/GoQueue.Fuzz -c Release -- run {finding.Target} --seed {finding.Seed} --first {finding.Run} --runs 1");
    }

    return targets.Count == 0 ? Misused() : Math.Min(findings, 1);
}

static int Replay(string name, string file)
{
    if (FuzzTargets.Named(name) is not [IFuzzTarget target])
    {
        return Misused();
    }

    string? problem = FuzzRunner.RunOne(target, File.ReadAllBytes(file));
    Console.WriteLine(problem ?? "no finding");
    return problem is null ? 0 : 1;
}

static int Write(string folder, string[] rest)
{
    BatchFiles.Write(folder, Number(rest, "--seed", 1), Number(rest, "--count", 60));
    return 0;
}

static int Number(string[] rest, string option, int otherwise)
{
    int at = Array.IndexOf(rest, option);
    return at >= 0 && at + 1 < rest.Length ? int.Parse(rest[at + 1], CultureInfo.InvariantCulture) : otherwise;
}

static int Misused()
{
    Console.Error.WriteLine(Usage);
    return 2;
}
