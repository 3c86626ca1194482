using System.Diagnostics;
using System.Globalization;
using GoQueue.Cli.Hosting;
using Spectre.Console;

namespace GoQueue.Cli.Output;

/// <summary>Shows on standard error how far long work is, when that is a terminal and the work takes long enough to wonder.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs the work, with a bar (or, without a total, a count) beside it.</summary>
    /// <param name="session">Whose standard error is drawn on.</param>
    /// <param name="what">What is counted.</param>
    /// <param name="total">How many there will be; null when unknown.</param>
    /// <param name="quiet">Never draw: someone types into the same terminal.</param>
    /// <param name="done">How many so far; asked from another thread.</param>
    /// <param name="work">The work.</param>
    public static async Task RunAsync(Session session, string what, long? total, bool quiet, Func<long> done, Func<Task> work)
    {
        // On the pool: work that never waits would otherwise be done before anything could be drawn.
        Task working = Task.Run(work);
        if (quiet || !session.Streams.ErrorIsTerminal || await Task.WhenAny(working, Task.Delay(Patience)) == working)
        {
            await working;
            return;
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            ColorSystem = session.UseColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(session.Streams.Error),
        });
        await console.Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask(what, autoStart: true, maxValue: total ?? 1);
            bar.IsIndeterminate = total is null;
            long start = Stopwatch.GetTimestamp();
            long before = done();
            while (!working.IsCompleted)
            {
                long now = done();
                double rate = (now - before) / Math.Max(0.001, Stopwatch.GetElapsedTime(start).TotalSeconds);
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"{now:N0} {what}, {rate:N0}/s");
                bar.Value = total is null ? 0 : now;
                await Task.WhenAny(working, Task.Delay(Refresh));
            }
        });
        await working;
    }
}
