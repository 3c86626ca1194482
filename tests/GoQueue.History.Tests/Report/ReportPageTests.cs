using System.Text.RegularExpressions;
using System.Xml.Linq;
using GoQueue.History.Checking;
using GoQueue.History.Events;
using GoQueue.History.Format;
using GoQueue.History.Report;
using GoQueue.History.Report.Page;

namespace GoQueue.History.Tests.Report;

public sealed class ReportPageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("report").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_trial_is_read_from_its_files_with_pictures_evidence_and_log_lines()
    {
        TrialReport trial = Read(Lost());
        Assert.Equal(Validity.False, trial.Valid);
        Assert.Equal(("kill-one", 1), (trial.Faults[0].Fault, trial.Faults.Count));
        Assert.Equal(TimeSpan.FromSeconds(0.5), trial.Recovered);
        Anomaly lost = Assert.Single(trial.Verdict.Errors, static anomaly => anomaly.Definition.Id == "L1");
        EvidenceExcerpt excerpt = trial.Excerpts[lost.Evidence[0]];
        Assert.Contains(excerpt.Events, static shown => shown is { Operation: "send", Type: "ok" });
        Assert.Equal(["n1", "n2"], excerpt.Lines.Select(static line => line.Node));
        string page = ReportPage.Render(Of(trial));
        Assert.Contains("Invalid: L1 lost write (1)", page, StringComparison.Ordinal);
        Assert.Contains("leader of &lt;t-0&gt; is here", page, StringComparison.Ordinal);
        Assert.DoesNotContain("much later", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_needs_nothing_else_and_its_markup_is_sound()
    {
        string page = ReportPage.Render(Of(Read(Lost())) with { Title = "<script>alert('x')</script> & \"more\"", Command = "goqueue verify --seed 7", LeftOut = ["left out, no <nft>: cut-one"] });
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("(src|href)=\"(?!#)|@import|url\\(|https?:"), page);
        string body = page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)];
        XDocument.Parse(Regex.Replace(body, "<details([^>]*) open>", "<details$1 open=\"\">").Replace("&nbsp;", " ", StringComparison.Ordinal));
        Assert.Contains("@media (prefers-color-scheme: dark)", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Verdicts_are_told_in_words_and_unknown_is_not_valid()
    {
        TrialReport sound = Read(Lost()) with { Valid = Validity.True, Name = "sound" };
        Assert.Contains("Invalid: ", ReportPage.Render(Of(sound, sound with { Valid = Validity.False })), StringComparison.Ordinal);
        Assert.Contains("Unknown: nothing wrong was found", ReportPage.Render(Of(sound, sound with { Valid = Validity.Unknown })), StringComparison.Ordinal);
        Assert.Equal(Validity.Unknown, Of().Valid);
        Assert.Equal(Validity.True, Of(sound).Valid);
    }

    [Fact]
    public void Claims_are_broken_by_their_anomalies_only_and_not_tested_when_not_used()
    {
        RunReport run = Of(Read(Lost()));
        Assert.Equal(ClaimState.Broken, Claim.All.Single(static claim => claim.Api == "publish, acks=all").StateIn(run));
        Assert.Equal(ClaimState.Held, Claim.All.Single(static claim => claim.Api == "recovery").StateIn(run));
        Assert.Equal(ClaimState.NotTested, Claim.All.Single(static claim => claim.Api == "publish, acks=leader").StateIn(run));
        Assert.All(Claim.All, static claim => Assert.All(claim.Anomalies, static id => Assert.Equal(id, AnomalyCatalog.Find(id).Id)));
    }

    [Fact]
    public void The_page_of_a_hundred_long_trials_stays_below_two_megabytes()
    {
        Tape tape = new Tape().Phase(0, RunPhase.Workload);
        for (int second = 0; second < 180; second++)
        {
            for (int partition = 0; partition < 3; partition++)
            {
                tape.Send(second, second + 0.003 + (0.9 * (second * 7919 % 101) / 101), partition, second % 5 == 0 ? EventType.Info : EventType.Ok);
            }
        }

        for (int number = 1; number <= 12; number++)
        {
            tape.Fault((number * 14) - 7, number * 14, number);
        }

        TrialReport trial = Read(tape.Phase(180, RunPhase.FinalReads)) with { Valid = Validity.True };
        string page = ReportPage.Render(Of([.. Enumerable.Range(0, 100).Select(index => trial with { Name = $"trial-{index}" })]));
        Assert.InRange(page.Length, 100_000, 2_000_000);
        Assert.Contains("trial-99", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trial_that_wrote_no_history_still_has_a_page()
    {
        Verdict verdict = HistoryChecker.Check([], new CheckOptions { Configuration = new RunConfiguration { Topics = [] } });
        TrialReport trial = TrialReader.Read("nothing", Path.Combine(folder, "none.jsonl"), verdict, folder);
        Assert.Contains("Too short for a timeline", ReportPage.Render(Of(trial)), StringComparison.Ordinal);
    }

    /// <summary>One acknowledged message that the final read lacks.</summary>
    private static Tape Lost() => new Tape().Phase(0, RunPhase.Workload).Send(0.5, 0.7).Fault(1, 2).Send(2.1, 2.2).Phase(2.5, RunPhase.Healed).Phase(3, RunPhase.Recovered).Phase(3.5, RunPhase.FinalReads);

    private static RunReport Of(params TrialReport[] trials) => new() { Title = "test", ProductVersion = "0.1.0", Seed = 7, Started = DateTimeOffset.UnixEpoch, Trials = trials };

    private TrialReport Read(Tape tape)
    {
        string file = Path.Combine(folder, "history.jsonl");
        DateTimeOffset started = new(2026, 11, 21, 18, 0, 0, TimeSpan.Zero);
        RunDescription run = new() { Id = "r", Seed = 7, ProductVersion = "0.1.0", Started = started, Configuration = new RunConfiguration { Topics = [new TopicConfiguration { Name = "t", Partitions = 1 }] } };
        long now = 0;
        using (HistoryWriter history = HistoryWriter.Create(file, run, () => now))
        {
            int number = 0;
            foreach (HistoryEvent next in tape.InOrder())
            {
                now = next.Time;
                OperationValue value = next.Value is SendValue send ? send with { Records = [new HistoryRecord(next.Type == EventType.Ok ? number++ : null, new MessageId(next.Process, 1))] } : next.Value;
                history.Record(next.Process, next.Type, next.Operation, value);
            }

            FinalReadValue read = new() { Topic = "t", Partition = 0, Records = [new HistoryRecord(0, new MessageId(0, 1))], Start = 0, End = 2, IsLast = true };
            history.Record(HistoryProcess.Harness, EventType.Ok, Operation.FinalRead, read, node: "n1");
            history.Record(HistoryProcess.Harness, EventType.Ok, Operation.Phase, new PhaseValue { Phase = RunPhase.Done });
            history.Complete();
        }

        File.WriteAllText(Path.Combine(folder, "n1.log"), "---- process 7\n2026-11-21T18:00:02.150Z INF GoQueue.Broker: the leader of <t-0> is here\n2026-11-21T18:09:00.000Z INF GoQueue.Broker: much later\n");
        File.WriteAllText(Path.Combine(folder, "n2.log"), "2026-11-21T18:00:02.250Z WRN GoQueue.Broker: following\nnot a line of the log\n");
        Verdict verdict = HistoryChecker.CheckFile(file, static options => options with { MinimumOk = 1 });
        return TrialReader.Read("kill-one", file, verdict, folder);
    }
}
