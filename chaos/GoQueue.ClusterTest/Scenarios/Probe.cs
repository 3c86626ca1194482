using System.Globalization;
using GoQueue.Harness.Clusters;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>Single publishes by REST, for the code of the answer.</summary>
internal static class Probe
{
    /// <summary>A topic of its own, so that what a probe leaves behind does not mix with a load.</summary>
    public static Task<TopicView> TopicAsync(Stage stage, Cluster cluster, string name, int minInSync) =>
        cluster.CreateTopicAsync(name, 1, 3, minInSync, stage.Cancelled);

    /// <summary>Publishes with acks all and answers what came back; patience bounds the wait.</summary>
    public static Task<RestAnswer> PublishAsync(Stage stage, Cluster cluster, Node node, string topic, double patienceSeconds) => cluster.Rest.SendAsync(
        node, HttpMethod.Post, $"/v1/topics/{topic}/publish?acks=all", new { value = "probe", partition = 0 }, TimeSpan.FromSeconds(patienceSeconds), stage.Cancelled);

    /// <summary>Publishes again and again for a while; answers how often each code came. <c>OK</c> stands for an acknowledgement.</summary>
    public static async Task<SortedDictionary<string, int>> CodesAsync(Stage stage, Cluster cluster, Node node, string topic, double seconds)
    {
        SortedDictionary<string, int> codes = new(StringComparer.Ordinal);
        long until = Environment.TickCount64 + (long)(seconds * 1000);
        while (Environment.TickCount64 < until)
        {
            RestAnswer answer = await PublishAsync(stage, cluster, node, topic, 45);
            string code = answer.IsOk ? "OK" : answer.Code;
            codes[code] = codes.GetValueOrDefault(code) + 1;
            await stage.PauseAsync(0.05); // the pace of the questions: a refusal comes at once
        }

        return codes;
    }

    public static string Sum(SortedDictionary<string, int> codes) => string.Join(", ", codes.Select(code => string.Create(CultureInfo.InvariantCulture, $"{code.Value} {code.Key}")));
}
