using System.Collections;
using GoQueue.Server.Hosting;

Dictionary<string, string> environment = new(StringComparer.Ordinal);
foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
{
    environment[(string)variable.Key] = (string?)variable.Value ?? string.Empty;
}

return await ServerProcess.RunAsync(args, environment);
