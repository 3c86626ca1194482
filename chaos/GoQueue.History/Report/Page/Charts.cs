using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GoQueue.History.Report.Page;

/// <summary>
/// The pictures of a trial over one axis of time: latency of writes, what ended each second, whether each partition took writes; with the faults behind all of them. Shapes
/// are SVG that stretches with the page; words are HTML on top, so that they stay legible at any width. Colours are classes of the style sheet.
/// </summary>
internal sealed class Charts
{
    private const int MaxColumns = 240;
    private const int Height = 100;
    private const double LeastMillis = 0.5;
    private const double MostMillis = 60_000;
    private static readonly (double Millis, string Label)[] LatencyLines = [(1, "1 ms"), (10, "10 ms"), (100, "100 ms"), (1_000, "1 s"), (10_000, "10 s")];

    private readonly TrialReport trial;
    private readonly string id;
    private readonly Column[] columns;
    private readonly TimeSpan from;
    private readonly TimeSpan width;

    public Charts(TrialReport trial, string id)
    {
        this.trial = trial;
        this.id = id;
        TimelineBin[] work = [.. trial.Timeline.Work];
        int perColumn = Math.Max(1, (int)Math.Ceiling((double)work.Length / MaxColumns));
        columns = [.. work.Chunk(perColumn).Select(Column.Of)];
        width = perColumn * trial.Timeline.Width;
        from = TimeSpan.FromTicks(trial.Timeline.WorkFrom.Ticks / trial.Timeline.Width.Ticks * trial.Timeline.Width.Ticks);
    }

    public string Render()
    {
        if (columns.Length < 2)
        {
            return "<p class=\"quiet\">Too short for a timeline.</p>";
        }

        HtmlText page = new();
        page.Tag($"<div class=\"charts\" data-charts=\"{id}\">");
        FaultLane(page);
        Latency(page);
        Throughput(page);
        Strips(page);
        TimeAxis(page);
        page.Tag("<p class=\"readout\" aria-live=\"polite\">&nbsp;</p>");
        page.Tag($"<script type=\"application/json\">{Data()}</script>");
        page.Tag("</div>");
        return page.ToString();
    }

    private void FaultLane(HtmlText page)
    {
        if (trial.Faults.Count == 0)
        {
            return;
        }

        HtmlText tags = new();
        double[] freeFrom = new double[3]; // rows, so that faults that overlap can be told apart
        int rows = 1;
        foreach (FaultReport fault in trial.Faults)
        {
            (double left, double right) = Extent(fault);
            int row = Math.Max(0, Array.FindIndex(freeFrom, free => free <= left));
            freeFrom[row] = Math.Max(right, left + 2.5);
            rows = Math.Max(rows, row + 1);
            tags.Tag($"<span class=\"fault-tag\" style=\"left:{HtmlText.Plain(left)}%;width:{HtmlText.Plain(Math.Max(0.4, right - left))}%;top:{row * 18}px\" title=\"")
                .Text($"{fault.Fault} {string.Join(' ', fault.Targets)}").Tag("\">").Text(fault.Number.ToString(CultureInfo.InvariantCulture)).Tag("</span>");
        }

        page.Tag($"<div class=\"lane\"><div class=\"lane-name\">faults</div><div class=\"plot\" style=\"height:{rows * 18}px\">{tags}</div></div>");
    }

    private void Latency(HtmlText page)
    {
        Begin(page, "Latency of acknowledged writes", "<i class=\"key line-p50\"></i>half <i class=\"key line-p99\"></i>99 % <i class=\"key line-max\"></i>longest");
        StringBuilder svg = new();
        foreach ((double millis, _) in LatencyLines)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M0 {Y(millis):0.#}H{columns.Length}\"/>");
        }

        svg.Append(Line("line-max", static latency => latency.Max)).Append(Line("line-p99", static latency => latency.P99)).Append(Line("line-p50", static latency => latency.P50));
        Plot(page, svg.ToString(), LatencyLines.Select(static line => (line.Label, Y(line.Millis))));
    }

    private void Throughput(HtmlText page)
    {
        long most = Math.Max(1, columns.Max(static column => column.WritesOk + column.ReadsOk + column.Errors));
        double second = width.TotalSeconds;
        Begin(page, "Operations ended per second", "<i class=\"key area-writes\"></i>writes <i class=\"key area-reads\"></i>reads <i class=\"key area-errors\"></i>refused or unknown");
        StringBuilder svg = new();
        svg.Append(Area("area-errors", column => column.WritesOk + column.ReadsOk + column.Errors, most));
        svg.Append(Area("area-reads", column => column.WritesOk + column.ReadsOk, most));
        svg.Append(Area("area-writes", column => column.WritesOk, most));
        Plot(page, svg.ToString(), [(HtmlText.Number((long)Math.Round(most / second)), 4), ("0", Height - 4)]);
    }

    private void Strips(HtmlText page)
    {
        Begin(page, "Were writes taken?", "<i class=\"key cell-up\"></i>yes <i class=\"key cell-partly\"></i>some <i class=\"key cell-down\"></i>no <i class=\"key cell-idle\"></i>none asked");
        Strip(page, "all", static column => column.State);
        for (int index = 0; index < trial.Timeline.Partitions.Count; index++)
        {
            int partition = index;
            Strip(page, trial.Timeline.Partitions[index], column => column.Partitions[partition]);
        }

        page.Tag("</div></section>");
    }

    private void Strip(HtmlText page, string name, Func<Column, Availability> stateOf)
    {
        StringBuilder svg = new();
        svg.Append(FaultShades(10));
        for (int at = 0; at < columns.Length;)
        {
            Availability state = stateOf(columns[at]);
            int end = at + 1;
            while (end < columns.Length && stateOf(columns[end]) == state)
            {
                end++;
            }

            if (state != Availability.Idle)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<path class=\"cell-{state.ToString().ToLowerInvariant()}\" d=\"M{at} 1H{end}V9H{at}z\"/>");
            }

            at = end;
        }

        page.Tag("<div class=\"lane\">").Element("div", name, "class=\"lane-name\"")
            .Tag($"<div class=\"plot strip\"><svg viewBox=\"0 0 {columns.Length} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{svg}</svg></div></div>");
    }

    private void TimeAxis(HtmlText page)
    {
        TimeSpan total = columns.Length * width;
        double[] steps = [5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];
        double step = steps.FirstOrDefault(step => total.TotalSeconds / step <= 7, steps[^1]);
        page.Tag("<div class=\"lane axis\"><div class=\"lane-name\"></div><div class=\"plot\">");
        for (double second = Math.Ceiling(from.TotalSeconds / step) * step; second < (from + total).TotalSeconds; second += step)
        {
            double left = (second - from.TotalSeconds) / total.TotalSeconds * 100;
            page.Tag($"<span style=\"left:{HtmlText.Plain(left)}%\">{HtmlText.Clock(TimeSpan.FromSeconds(second))}</span>");
        }

        page.Tag("</div></div>");
    }

    private static void Begin(HtmlText page, string title, string keys) =>
        page.Tag("<section class=\"chart\"><header>").Element("h4", title).Tag($"<p class=\"keys\">{keys}</p></header><div class=\"rows\">");

    private void Plot(HtmlText page, string svg, IEnumerable<(string Label, double Y)> labels)
    {
        page.Tag("<div class=\"lane\"><div class=\"lane-name scale\">");
        foreach ((string label, double y) in labels)
        {
            page.Tag($"<span style=\"top:{HtmlText.Plain(y)}%\">").Text(label).Tag("</span>");
        }

        page.Tag($"</div><div class=\"plot tall\"><svg viewBox=\"0 0 {columns.Length} {Height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{FaultShades(Height)}{svg}</svg></div></div></div></section>");
    }

    private string FaultShades(int height)
    {
        StringBuilder svg = new();
        foreach (FaultReport fault in trial.Faults)
        {
            (double left, double right) = Extent(fault);
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"fault\" d=\"M{left / 100 * columns.Length:0.##} 0H{Math.Max(right, left + 0.2) / 100 * columns.Length:0.##}V{height}H{left / 100 * columns.Length:0.##}z\"/>");
        }

        return svg.ToString();
    }

    /// <summary>One path with a gap wherever nothing was acknowledged.</summary>
    private string Line(string style, Func<Latencies, double> of)
    {
        StringBuilder path = new();
        bool isDown = false;
        for (int at = 0; at < columns.Length; at++)
        {
            if (columns[at].Latency is not { } latency)
            {
                isDown = false;
                continue;
            }

            double y = Y(of(latency));
            path.Append(CultureInfo.InvariantCulture, $"{(isDown ? 'L' : 'M')}{at + 0.5:0.#} {y:0.#}");
            if (!isDown && (at + 1 == columns.Length || columns[at + 1].Latency is null))
            {
                path.Append("h.01"); // alone between two gaps: a dot
            }

            isDown = true;
        }

        return $"<path class=\"{style}\" d=\"{path}\"/>";
    }

    private string Area(string style, Func<Column, long> of, long most)
    {
        StringBuilder path = new($"M0 {Height}");
        for (int at = 0; at < columns.Length; at++)
        {
            path.Append(CultureInfo.InvariantCulture, $"V{Height - ((double)of(columns[at]) / most * (Height - 4)):0.#}H{at + 1}");
        }

        return $"<path class=\"{style}\" d=\"{path}V{Height}z\"/>";
    }

    private static double Y(double millis) =>
        Height * (1 - (Math.Log(Math.Clamp(millis, LeastMillis, MostMillis) / LeastMillis) / Math.Log(MostMillis / LeastMillis)));

    private (double Left, double Right) Extent(FaultReport fault)
    {
        double total = (columns.Length * width).TotalSeconds;
        double left = (fault.Begin - from).TotalSeconds / total * 100;
        double right = fault.End is { } end ? (end - from).TotalSeconds / total * 100 : 100;
        return (Math.Clamp(left, 0, 100), Math.Clamp(right, 0, 100));
    }

    /// <summary>For the line under the pictures that tells what is pointed at.</summary>
    private string Data()
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("from", Math.Round(from.TotalSeconds, 3));
            json.WriteNumber("width", width.TotalSeconds);
            json.WriteStartArray("bins"); // writes, reads, refused, unknown, half, 99 %, longest
            foreach (Column column in columns)
            {
                json.WriteStartArray();
                json.WriteNumberValue(column.WritesOk);
                json.WriteNumberValue(column.ReadsOk);
                json.WriteNumberValue(column.Failed);
                json.WriteNumberValue(column.Unknown);
                if (column.Latency is { } latency)
                {
                    json.WriteNumberValue(Math.Round(latency.P50, 1));
                    json.WriteNumberValue(Math.Round(latency.P99, 1));
                    json.WriteNumberValue(Math.Round(latency.Max, 1));
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteStartArray("faults");
            foreach (FaultReport fault in trial.Faults)
            {
                json.WriteStartArray();
                json.WriteNumberValue(Math.Round(fault.Begin.TotalSeconds, 2));
                json.WriteNumberValue(Math.Round((fault.End ?? TimeSpan.FromDays(365)).TotalSeconds, 2));
                json.WriteStringValue($"{fault.Number} {fault.Fault} {string.Join(' ', fault.Targets)}");
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray()); // the writer escapes < and & in texts
    }

    /// <summary>One or several bins, as wide as the picture needs.</summary>
    private sealed record Column(long WritesOk, long ReadsOk, long Failed, long Unknown, Latencies? Latency, Availability State, Availability[] Partitions)
    {
        public long Errors => Failed + Unknown;

        public static Column Of(TimelineBin[] bins)
        {
            Latencies[] known = [.. bins.Select(static bin => bin.Latency).OfType<Latencies>()];
            Latencies? together = known.Length == 0 ? null : new Latencies(known.Average(static each => each.P50), known.Max(static each => each.P99), known.Max(static each => each.Max));
            int partitions = bins.Max(static bin => bin.Partitions.Count);
            return new Column(
                bins.Sum(static bin => bin.WritesOk),
                bins.Sum(static bin => bin.ReadsOk),
                bins.Sum(static bin => bin.Failed),
                bins.Sum(static bin => bin.Unknown),
                together,
                Worst(bins.Select(static bin => bin.State)),
                [.. Enumerable.Range(0, partitions).Select(partition => Worst(bins.Select(bin => bin.Partitions[partition])))]);
        }

        /// <summary>A stop is not to vanish because the picture is small.</summary>
        private static Availability Worst(IEnumerable<Availability> states) => states.Where(static state => state != Availability.Idle).DefaultIfEmpty(Availability.Idle).Min();
    }
}
