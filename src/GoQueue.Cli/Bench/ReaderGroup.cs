using System.Diagnostics;
using GoQueue.Cli.Hosting;
using GoQueue.Client;

namespace GoQueue.Cli.Bench;

/// <summary>Several readers that share the partitions of a topic, as often as the topic is read.</summary>
internal sealed class ReaderGroup : IAsyncDisposable
{
    // A reader that sees nothing for this long although messages are missing will not see them any more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(2);

    private readonly BenchReader[] readers;

    /// <param name="session">The run.</param>
    /// <param name="readers">Readers that share the partitions, at most one per partition.</param>
    /// <param name="copies">How often the whole topic is read, each time by readers of its own.</param>
    /// <param name="topic">What is read.</param>
    /// <param name="start">From where.</param>
    /// <param name="offsets">From where in single partitions, when not from <paramref name="start"/>.</param>
    /// <param name="stopAtEnd">Whether a reader ends at the end of the topic.</param>
    /// <param name="rack">Whose replicas are read from; null for the leaders.</param>
    public ReaderGroup(Session session, int readers, int copies, BenchTopic topic, StartPosition start, IReadOnlyDictionary<int, long>? offsets, bool stopAtEnd, string? rack = null)
    {
        int count = Math.Min(readers, topic.Partitions);
        Copies = copies;
        this.readers = [.. Enumerable.Range(0, count * copies).Select(i => new BenchReader(
            session,
            new ConsumerOptions
            {
                Topic = topic.Name,
                Partitions = [.. Enumerable.Range(0, topic.Partitions).Where(partition => partition % count == i % count)],
                Start = start,
                StartOffsets = offsets,
                StopAtEnd = stopAtEnd,
                Rack = rack,
            },
            topic.Partitions))];
    }

    public IReadOnlyList<BenchReader> Readers => readers;

    public int Copies { get; }

    public long Messages => readers.Sum(reader => reader.Messages);

    public double Seconds => Math.Max(1e-9, (readers.Max(reader => reader.LastTicks) - readers.Where(reader => reader.FirstTicks > 0).Select(reader => reader.FirstTicks).DefaultIfEmpty(0).Min()) / (double)Stopwatch.Frequency);

    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(readers.Select(reader => Task.Run(() => reader.RunAsync(cancel), CancellationToken.None)));

    /// <summary>Waits until this many were read; false when nothing came for half a minute before that.</summary>
    public async Task<bool> ReachAsync(long wanted, CancellationToken cancel)
    {
        long seen = -1;
        long since = Stopwatch.GetTimestamp();
        while (Messages < wanted)
        {
            if (Messages != seen)
            {
                (seen, since) = (Messages, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(since) > Patience || cancel.IsCancellationRequested)
            {
                return false;
            }

            await Task.Delay(LookAgain, CancellationToken.None);
        }

        return true;
    }

    /// <summary>Adds what the order checks found; true when everything is as it should be.</summary>
    public bool AddVerification(BenchReport report, long? expected)
    {
        OrderCheck[] checks = [.. readers.SelectMany(reader => reader.Checks)];
        long lost = checks.Sum(check => check.Lost);
        long repeated = checks.Sum(check => check.RepeatedOrLate);
        long gaps = checks.Sum(check => check.OffsetGaps);
        bool right = lost == 0 && repeated == 0 && gaps == 0 && (expected is null || Messages == expected);
        report.Add("verification")
            .Flag("complete", right)
            .Number("expected", expected ?? double.NaN, 0)
            .Number("read", Messages, 0)
            .Number("lost", lost, 0)
            .Number("repeatedOrLate", repeated, 0)
            .Number("offsetGaps", gaps, 0)
            .Number("unstamped", checks.Sum(check => check.Unstamped), 0);
        return right;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BenchReader reader in readers)
        {
            await reader.DisposeAsync();
        }
    }
}
