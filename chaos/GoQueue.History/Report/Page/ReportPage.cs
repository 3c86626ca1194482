using GoQueue.History.Checking;

namespace GoQueue.History.Report.Page;

/// <summary>
/// The page about a run: one file that needs nothing else, for light and dark screens and for phones. What matters comes first: the verdict, what was broken, what was
/// claimed; then each trial with its pictures; then what ran and how it was judged.
/// </summary>
public static class ReportPage
{
    public static void Write(RunReport run, string path) => File.WriteAllText(path, Render(run));

    public static string Render(RunReport run)
    {
        HtmlText page = new();
        page.Tag("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">");
        page.Element("title", $"{Words.Of(run.Valid)}: {run.Title}, GoQueue reliability report");
        page.Tag("<style>").Tag(Resource("report.css")).Tag("</style></head><body><main>");
        page.Tag("<div class=\"top\">").Element("h1", $"GoQueue reliability report: {run.Title}").Element("p", $"{run.Started:yyyy-MM-dd HH:mm} UTC", "class=\"quiet\"").Tag("</div>");
        Summary(page, run);
        FindingSections.Write(page, run);
        Claims(page, run);
        TrialSections.Write(page, run);
        WhatRan(page, run);
        Judged(page, run);
        page.Tag("</main><script>").Tag(Resource("report.js")).Tag("</script></body></html>\n");
        return page.ToString();
    }

    private static void Summary(HtmlText page, RunReport run)
    {
        page.Tag($"<section class=\"card verdict {Words.Style(run.Valid)}\"><div class=\"mark\" aria-hidden=\"true\">{Words.Mark(run.Valid)}</div>");
        page.Element("strong", Words.Headline(run)).Element("p", Words.Explain(run)).Tag("</section>");
        double[] shares = [.. run.Trials.Select(static trial => trial.Timeline.AvailableShare).OfType<double>()];
        TimeSpan?[] again = [.. run.Trials.SelectMany(static trial => trial.Faults).Select(static fault => fault.WrittenAgainAfter).Where(static span => span is not null)];
        page.Tag("<section class=\"figures\">");
        Figure(page, HtmlText.Number(run.Trials.Sum(static trial => trial.Operations)), "operations");
        Figure(page, HtmlText.Number(run.Trials.Sum(static trial => trial.Verdict.Errors.Sum(static anomaly => anomaly.Count))), "anomalies");
        Figure(page, HtmlText.Number(run.Trials.Sum(static trial => trial.Faults.Count)), "faults");
        if (run.Trials.Count > 1)
        {
            Figure(page, HtmlText.Number(run.Trials.Count), "trials");
        }

        if (run.Duration > TimeSpan.Zero)
        {
            Figure(page, HtmlText.Length(run.Duration), "duration");
        }

        if (shares.Length > 0)
        {
            Figure(page, HtmlText.Percent(shares.Average()), "of seconds took writes");
        }

        if (again.Length > 0)
        {
            Figure(page, HtmlText.Seconds(again.Order().ElementAt(again.Length / 2)), "median until every partition took writes after a fault");
        }

        page.Tag("</section>");
    }

    private static void Figure(HtmlText page, string value, string name) => page.Tag("<div>").Element("b", value).Element("span", name).Tag("</div>");

    private static void Claims(HtmlText page, RunReport run)
    {
        page.Element("h2", "What is claimed, and what this run says to it").Tag("<section class=\"card\">");
        foreach (Claim claim in Claim.All)
        {
            (string style, string word) = claim.StateIn(run) switch
            {
                ClaimState.Held => ("good", "held"),
                ClaimState.Broken => ("bad", "broken"),
                _ => ("none", "not used"),
            };
            page.Tag("<div class=\"claim\">").Element("h3", claim.Api).Tag("<div>").Element("p", claim.Words);
            if (claim.NotClaimed != "-")
            {
                page.Element("p", $"Not claimed: {claim.NotClaimed}", "class=\"not\"");
            }

            page.Tag("</div>").Element("span", word, $"class=\"pill {style}\" title=\"broken by {string.Join(", ", claim.Anomalies)}\"").Tag("</div>");
        }

        page.Tag("</section>");
    }

    private static void WhatRan(HtmlText page, RunReport run)
    {
        page.Element("h2", "What ran").Tag("<section class=\"card\"><dl class=\"facts\">");
        Fact(page, "version", run.ProductVersion);
        Fact(page, "commit", run.Commit);
        Fact(page, "seed", run.Seed?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "of each trial, with it");
        if (run.Command is { } command)
        {
            page.Element("dt", "again with").Tag("<dd>").Element("code", command).Tag("</dd>");
        }

        Format.RunConfiguration? configuration = run.Trials.Select(static trial => trial.Run?.Configuration).FirstOrDefault(static each => each is not null);
        if (configuration is not null)
        {
            Fact(page, "nodes", string.Join(", ", run.Trials.Select(static trial => trial.Run?.Configuration.Nodes).OfType<int>().Distinct().Order()));
            foreach (Format.TopicConfiguration topic in configuration.Topics)
            {
                Fact(page, $"topic {topic.Name}", $"{topic.Partitions} partitions, replication {topic.ReplicationFactor}, at least {topic.MinInSyncReplicas} in sync");
            }

            foreach ((string name, string value) in (configuration.Other ?? new Dictionary<string, string>()).Where(pair => run.Trials.Count == 1 || pair.Key != "faults").OrderBy(static pair => pair.Key, StringComparer.Ordinal))
            {
                Fact(page, name, value);
            }

            Fact(page, "bound on recovery", HtmlText.Length(TimeSpan.FromMilliseconds(configuration.RecoveryBoundMillis)));
        }

        foreach (ReportFact fact in run.Machine)
        {
            Fact(page, fact.Name, fact.Value);
        }

        page.Tag("</dl>");
        if (run.LeftOut.Count > 0)
        {
            page.Element("h3", "Left out", "class=\"after\"").Tag("<ul class=\"reasons\">");
            foreach (string left in run.LeftOut)
            {
                page.Element("li", left);
            }

            page.Tag("</ul>");
        }

        page.Tag("</section>");
    }

    private static void Fact(HtmlText page, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            page.Element("dt", name).Element("dd", value);
        }
    }

    private static void Judged(HtmlText page, RunReport run)
    {
        Dictionary<string, long> counts = run.Trials.SelectMany(static trial => trial.Verdict.Anomalies)
            .GroupBy(static anomaly => anomaly.Definition.Id).ToDictionary(static group => group.Key, static group => group.Sum(static anomaly => anomaly.Count));
        page.Element("h2", "How it was judged").Tag("<section class=\"card\">")
            .Element("p", "Every request of every client and every fault is one line of the history. A checker that knows nothing of the product reads it and looks for each of these; what it finds names its lines. A run in which too little worked, a fault took no effect, or the end could not be read is unknown, and counts as failed. Anybody can judge the file again with goqueue verify check.")
            .Tag("<details class=\"after\"><summary>All anomalies that are looked for</summary><div class=\"scroll\"><table><thead><tr><th>Id</th><th>Name</th><th>What it is</th><th class=\"n\">Found</th></tr></thead><tbody>");
        foreach (AnomalyDefinition definition in AnomalyCatalog.All)
        {
            page.Tag("<tr>").Element("td", definition.Id).Element("td", definition.Name).Element("td", definition.Words)
                .Element("td", HtmlText.Number(counts.GetValueOrDefault(definition.Id)), "class=\"n\"").Tag("</tr>");
        }

        page.Tag("</tbody></table></div></details></section>");
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream($"GoQueue.History.Report.Page.{name}") ?? throw new InvalidOperationException($"{name} is not built in");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
