using System.Globalization;
using GoQueue.History.Checking;
using GoQueue.History.Events;

namespace GoQueue.History.Report.Page;

/// <summary>The table of trials, and one part for each with its pictures and its faults.</summary>
internal static class TrialSections
{
    /// <summary>Characters for the parts of all trials; what is beyond it is in the table only, sound trials first. The page stays below 2 MB.</summary>
    private const int MaxLength = 1_200_000;

    public static void Write(HtmlText page, RunReport run)
    {
        Dictionary<int, string> shown = PartsOf(run);
        if (run.Trials.Count > 1)
        {
            Table(page, run, shown);
        }

        page.Element("h2", run.Trials.Count == 1 ? "What happened" : "Each trial");
        for (int index = 0; index < run.Trials.Count; index++)
        {
            page.Tag(shown.GetValueOrDefault(index, string.Empty));
        }

        if (shown.Count < run.Trials.Count)
        {
            page.Element("p", $"{run.Trials.Count - shown.Count} sound trials are in the table only; each has a page of its own beside its history.", "class=\"quiet after\"");
        }
    }

    private static Dictionary<int, string> PartsOf(RunReport run)
    {
        Dictionary<int, string> parts = [];
        int length = 0;
        foreach (int index in Enumerable.Range(0, run.Trials.Count).OrderBy(index => run.Trials[index].Valid == Validity.True))
        {
            HtmlText part = new();
            Trial(part, run.Trials[index], index, isOpen: run.Trials.Count == 1 || run.Trials[index].Valid != Validity.True);
            length += part.Size;
            if (length > MaxLength)
            {
                break;
            }

            parts[index] = part.ToString();
        }

        return parts;
    }

    private static void Table(HtmlText page, RunReport run, Dictionary<int, string> shown)
    {
        page.Element("h2", "Trials").Tag("<section class=\"card scroll\"><table><thead><tr><th>Trial</th><th>Verdict</th><th class=\"n\">Operations</th><th class=\"n\">Faults</th><th class=\"n\">Available</th><th class=\"n\">Longest stop</th><th class=\"n\">Writes again</th><th class=\"n\">99 % within</th></tr></thead><tbody>");
        for (int index = 0; index < run.Trials.Count; index++)
        {
            TrialReport trial = run.Trials[index];
            page.Tag("<tr><td class=\"nb\">");
            _ = shown.ContainsKey(index) ? page.Element("a", trial.Name, $"href=\"#t{index}\"") : page.Text(trial.Name);
            page.Tag("</td><td>").Element("span", Words.Of(trial.Valid), $"class=\"pill {Words.Style(trial.Valid)}\"").Tag("</td>")
                .Element("td", HtmlText.Number(trial.Operations), "class=\"n\"")
                .Element("td", trial.Faults.Count.ToString(CultureInfo.InvariantCulture), "class=\"n\"")
                .Element("td", trial.Timeline.AvailableShare is { } share ? HtmlText.Percent(share) : "-", "class=\"n\"")
                .Element("td", HtmlText.Seconds(trial.Faults.Max(static fault => fault.LongestStop)), "class=\"n\"")
                .Element("td", HtmlText.Seconds(trial.Faults.Max(static fault => fault.WrittenAgainAfter)), "class=\"n\"")
                .Element("td", trial.Timeline.Writes is { } writes ? HtmlText.Milliseconds(writes.P99) : "-", "class=\"n\"").Tag("</tr>");
        }

        page.Tag("</tbody></table></section>").Element(
            "p",
            "Available: share of seconds in which writes were taken. Longest stop: of any one partition, around a fault. Writes again: from the end of a fault until every partition took a write, at worst. 99 % within: latency of acknowledged writes.",
            "class=\"quiet after\"");
    }

    private static void Trial(HtmlText page, TrialReport trial, int index, bool isOpen)
    {
        page.Tag($"<details class=\"card trial\" id=\"t{index}\"{(isOpen ? " open" : string.Empty)}><summary>").Element("h3", trial.Name)
            .Element("span", Words.Of(trial.Valid), $"class=\"pill {Words.Style(trial.Valid)}\"")
            .Element("span", $"{HtmlText.Number(trial.Operations)} operations, {Words.Count(trial.Faults.Count, "fault")}, {HtmlText.Length(trial.Timeline.WorkUntil - trial.Timeline.WorkFrom)}", "class=\"quiet\"")
            .Tag("</summary>");
        if (trial.Reasons.Count > 0)
        {
            FindingSections.Reasons(page, trial.Reasons);
        }

        page.Tag(new Charts(trial, $"t{index}").Render());
        Faults(page, trial);
        Operations(page, trial);
        Footer(page, trial);
        page.Tag("</details>");
    }

    private static void Faults(HtmlText page, TrialReport trial)
    {
        if (trial.Faults.Count == 0)
        {
            return;
        }

        page.Element("h4", "Faults and recovery", "class=\"after\"").Tag("<div class=\"scroll\"><table><thead><tr><th class=\"n\">#</th><th>Fault</th><th>Of</th><th class=\"n\">From</th><th class=\"n\">Lasted</th><th class=\"n\">Longest stop of a partition</th><th class=\"n\">Writes everywhere after the end</th><th>Took effect</th></tr></thead><tbody>");
        foreach (FaultReport fault in trial.Faults)
        {
            string stop = fault.LongestStop is null ? "-" : $"{HtmlText.Seconds(fault.LongestStop)} ({fault.StoppedPartition})";
            page.Tag("<tr>").Element("td", fault.Number.ToString(CultureInfo.InvariantCulture), "class=\"n\"").Element("td", fault.Fault, "class=\"nb\"").Element("td", string.Join(' ', fault.Targets))
                .Element("td", HtmlText.Clock(fault.Begin), "class=\"n\"").Element("td", fault.End is { } end ? HtmlText.Seconds(end - fault.Begin) : "to the end", "class=\"n\"")
                .Element("td", stop, "class=\"n\"").Element("td", fault.IsSkipped ? "-" : fault.WrittenAgainAfter is null ? "not seen" : HtmlText.Seconds(fault.WrittenAgainAfter), "class=\"n\"")
                .Element("td", (fault.TookEffect ? "yes" : fault.IsSkipped ? "not possible then" : "not seen") + (fault.Proof is null ? string.Empty : $": {fault.Proof}")).Tag("</tr>");
        }

        page.Tag("</tbody></table></div>");
        if (trial.Recovered is { } recovered)
        {
            page.Element("p", $"The cluster said that all was well {HtmlText.Seconds(recovered)} after the last fault.", "class=\"quiet after\"");
        }
    }

    private static void Operations(HtmlText page, TrialReport trial)
    {
        page.Element("h4", "Operations", "class=\"after\"").Tag("<div class=\"scroll\"><table><thead><tr><th>Operation</th><th class=\"n\">Ok</th><th class=\"n\">Refused</th><th class=\"n\">Unknown</th></tr></thead><tbody>");
        foreach (OperationCount count in trial.Verdict.Operations.Where(static count => count.Invoked > 0))
        {
            page.Tag("<tr>").Element("td", count.Operation.Name()).Element("td", HtmlText.Number(count.Ok), "class=\"n\"").Element("td", HtmlText.Number(count.Fail), "class=\"n\"")
                .Element("td", HtmlText.Number(count.Info), "class=\"n\"").Tag("</tr>");
        }

        page.Tag("</tbody></table></div>");
    }

    private static void Footer(HtmlText page, TrialReport trial)
    {
        foreach (string note in trial.Notes)
        {
            page.Element("p", note, "class=\"quiet after\"");
        }

        page.Tag("<p class=\"quiet after\">").Text($"seed {trial.Run?.Seed.ToString(CultureInfo.InvariantCulture) ?? "unknown"}");
        if (trial.HistoryFile is { } file)
        {
            page.Text(", history ").Element("code", file);
        }

        page.Tag("</p>");
    }
}
