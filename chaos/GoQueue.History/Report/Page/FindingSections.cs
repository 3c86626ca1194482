using GoQueue.History.Checking;

namespace GoQueue.History.Report.Page;

/// <summary>What was found, with the operations and log lines that show it; and why something could not be judged.</summary>
internal static class FindingSections
{
    /// <summary>Kinds of findings with their evidence; of more only the trial's list tells.</summary>
    private const int MaxFindings = 40;

    /// <summary>Characters of the page from which on findings are told without their surroundings.</summary>
    private const int MaxLength = 600_000;

    public static void Write(HtmlText page, RunReport run)
    {
        (TrialReport Trial, Anomaly Anomaly)[] broken = [.. run.Trials.SelectMany(static trial => trial.Verdict.Errors.Select(anomaly => (trial, anomaly)))];
        if (broken.Length > 0)
        {
            page.Element("h2", "What was broken");
            HashSet<string> seen = [];
            foreach ((TrialReport trial, Anomaly anomaly) in broken.Take(MaxFindings))
            {
                Finding(page, trial, anomaly, isOpen: seen.Add(anomaly.Definition.Id));
            }

            if (broken.Length > MaxFindings)
            {
                page.Element("p", $"and {broken.Length - MaxFindings} more kinds of findings, each in its trial below", "class=\"quiet after\"");
            }
        }

        TrialReport[] doubtful = [.. run.Trials.Where(static trial => trial.Valid == Validity.Unknown && trial.Reasons.Count > 0)];
        if (doubtful.Length > 0)
        {
            page.Element("h2", "Why something is not known").Tag("<section class=\"card\">");
            foreach (TrialReport trial in doubtful)
            {
                page.Element("h3", trial.Name);
                Reasons(page, trial.Reasons);
            }

            page.Tag("</section>");
        }

        (TrialReport Trial, Anomaly Anomaly)[] told = [.. run.Trials.SelectMany(static trial => trial.Verdict.Anomalies.Where(static anomaly => anomaly.Level == AnomalyLevel.Information).Select(anomaly => (trial, anomaly)))];
        if (told.Length > 0)
        {
            page.Element("h2", "For information").Element("p", "Allowed by what the clients asked for; counted all the same.", "class=\"quiet\"").Tag("<div class=\"after\">");
            foreach ((TrialReport trial, Anomaly anomaly) in told.Take(MaxFindings))
            {
                Finding(page, trial, anomaly, isOpen: false);
            }

            page.Tag("</div>");
        }
    }

    public static void Reasons(HtmlText page, IEnumerable<string> reasons)
    {
        page.Tag("<ul class=\"reasons\">");
        foreach (string reason in reasons.Take(30))
        {
            page.Element("li", reason);
        }

        page.Tag("</ul>");
    }

    private static void Finding(HtmlText page, TrialReport trial, Anomaly anomaly, bool isOpen)
    {
        bool isError = anomaly.Level == AnomalyLevel.Error;
        page.Tag($"<section class=\"card finding{(isError ? string.Empty : " info")}\"><header>").Element("h3", $"{anomaly.Definition.Id} {anomaly.Definition.Name}")
            .Element("span", HtmlText.Number(anomaly.Count), $"class=\"pill {(isError ? "bad" : "none")}\"").Element("span", $"in {trial.Name}", "class=\"quiet\"").Tag("</header>")
            .Element("p", anomaly.Definition.Words, "class=\"why\"");
        for (int index = 0; index < anomaly.Evidence.Count; index++)
        {
            Show(page, trial, anomaly.Evidence[index], isOpen && index == 0);
        }

        if (anomaly.Count > anomaly.Evidence.Count)
        {
            page.Element("p", $"and {HtmlText.Number(anomaly.Count - anomaly.Evidence.Count)} more of the same kind", "class=\"quiet after\"");
        }

        page.Tag("</section>");
    }

    private static void Show(HtmlText page, TrialReport trial, Evidence evidence, bool isOpen)
    {
        string where = evidence.Topic is null ? string.Empty : $"{evidence.Topic}{(evidence.Partition is { } partition ? $"-{partition}" : string.Empty)}{(evidence.Offset is { } offset ? $" at {offset}" : string.Empty)}: ";
        if (page.Size > MaxLength || !trial.Excerpts.TryGetValue(evidence, out EvidenceExcerpt? excerpt) || (excerpt.Events.Count == 0 && excerpt.Lines.Count == 0))
        {
            page.Tag("<div class=\"evidence\">").Element("p", where + evidence).Tag("</div>");
            return;
        }

        page.Tag(isOpen ? "<details class=\"evidence\" open>" : "<details class=\"evidence\">").Element("summary", where + evidence.Text);
        page.Tag("<div class=\"scroll\"><table class=\"events\"><thead><tr><th class=\"n\">Event</th><th class=\"n\">Time</th><th>Who</th><th>What</th><th>Value</th></tr></thead><tbody>");
        foreach (ExcerptEvent shown in excerpt.Events)
        {
            page.Tag("<tr>").Element("td", HtmlText.Number(shown.Index), "class=\"n\"").Element("td", $"{shown.Time.TotalSeconds:0.000} s", "class=\"n\"")
                .Element("td", shown.Process < 0 ? "harness" : $"process {shown.Process}{(shown.Node is null ? string.Empty : $" at {shown.Node}")}").Element("td", $"{shown.Operation} {shown.Type}").Element("td", shown.Text).Tag("</tr>");
        }

        page.Tag("</tbody></table></div>");
        if (excerpt.Lines.Count > 0)
        {
            page.Element("p", string.Join('\n', excerpt.Lines.Select(static line => $"{line.Time.TotalSeconds,8:0.000} {line.Node} {line.Text}")), "class=\"mono\"");
        }

        page.Tag("</details>");
    }
}
