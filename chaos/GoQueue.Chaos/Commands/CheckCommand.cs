using System.Text.Json;
using System.Text.Json.Serialization;
using GoQueue.Chaos.Runs;
using GoQueue.History.Checking;

namespace GoQueue.Chaos.Commands;

/// <summary><c>check</c>: judges a history file.</summary>
internal static class CheckCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>Answers the exit code: 0 valid, 1 invalid, 2 unknown.</summary>
    public static int Run(Arguments given, TextWriter output)
    {
        bool isJson = given.Switch("--json");
        given.Finish(words: 1);
        string file = HistoryFile.Of(given);
        Verdict verdict = HistoryChecker.CheckFile(file, options => options with { MinimumOk = Judgement.MinimumOk });
        if (isJson)
        {
            output.WriteLine(JsonSerializer.Serialize(verdict, Json));
            return CodeOf(verdict);
        }

        foreach (Anomaly anomaly in verdict.Anomalies)
        {
            output.WriteLine(anomaly);
            output.WriteLine($"    {anomaly.Definition.Words}");
            foreach (Evidence evidence in anomaly.Evidence)
            {
                output.WriteLine($"    {evidence}");
            }
        }

        foreach (string reason in verdict.Reasons)
        {
            output.WriteLine($"doubt: {reason}");
        }

        foreach (OperationCount count in verdict.Operations.Where(count => count.Invoked + count.Ok > 0))
        {
            output.WriteLine($"{count.Operation,-14} {count.Ok,10} ok {count.Fail,8} fail {count.Info,8} info");
        }

        string word = verdict.Valid switch { Validity.True => "valid", Validity.False => "invalid", _ => "unknown" };
        output.WriteLine($"{word}  {verdict.Events:N0} events  {verdict.Errors.Sum(anomaly => anomaly.Count):N0} anomalies  {file}");
        return CodeOf(verdict);
    }

    private static int CodeOf(Verdict verdict) => verdict.Valid switch { Validity.True => 0, Validity.False => 1, _ => 2 };
}
