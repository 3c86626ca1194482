using GoQueue.Chaos.Commands;
using GoQueue.Harness;
using GoQueue.Harness.Clusters;

try
{
    return await RunAsync(args);
}
catch (UsageException mistake)
{
    await Console.Error.WriteLineAsync($"{mistake.Message}\n(goqueue verify --help says what there is)");
    return 2;
}
catch (HarnessException failure)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return 2;
}
finally
{
    Orphans.KillAll();
}

static async Task<int> RunAsync(string[] arguments)
{
    if (arguments.Any(argument => argument is "--help" or "-h" or "help"))
    {
        Console.WriteLine(Usage.Text);
        return 0;
    }

    string command = arguments.Length > 0 && !arguments[0].StartsWith('-') ? arguments[0] : "run";
    string[] rest = arguments.Length > 0 && arguments[0] == command ? arguments[1..] : arguments;
    return command switch
    {
        "run" => await new RunCommand(ChaosOptions.Parse(rest, AppContext.BaseDirectory, Random.Shared.Next())).RunAsync(),
        "client" => await ClientCommand.RunAsync(new Arguments(rest)),
        "check" => CheckCommand.Run(new Arguments(rest), Console.Out),
        "report" => ReportCommand.Run(new Arguments(rest)),
        "model" => ModelCommand.Run(new Arguments(rest)),
        "mutate" => MutateCommand.Run(new Arguments(rest)),
        "export" => ExportCommand.Run(new Arguments(rest)),
        "list" => await ListCommand.RunAsync(),
        _ => throw new UsageException($"there is no command '{command}'"),
    };
}
