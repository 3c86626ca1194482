using GoQueue.Cli.Hosting;

using Interruption interruption = Interruption.ListenToSignals();
CliEnvironment environment = CliEnvironment.OfProcess();
return await CommandLine.RunAsync(args, environment, interruption);
