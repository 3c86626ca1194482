using System.Globalization;

namespace GoQueue.Chaos.Nemesis;

/// <summary>
/// The wall clock of a node jumps, or runs fast or slow; its monotonic clock stays right. The node runs with libfaketime, which reads what to show from a file. Seen by the
/// Date of an answer.
/// </summary>
internal sealed class ClockFault(TestBed bed, Random random, bool isDrift) : Fault
{
    private const string Right = "+0";
    private const int MostSeconds = 600;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(5);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private Ground? victim;
    private string shown = Right;

    public override bool IsHidden => victim is not null && bed.IsTaken(victim.Node.Id);

    /// <summary>Before the node starts: its clock is right.</summary>
    public static void Prepare(string file) => File.WriteAllText(file, Right + "\n");

    /// <summary>What the process needs to run with the library.</summary>
    public static IReadOnlyDictionary<string, string> Variables(string library, string file) => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = library,
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_CACHE_DURATION"] = "1",
    };

    public override Task BeginAsync(CancellationToken cancellationToken)
    {
        // Not taken: whatever else happens to a node may happen while its clock is wrong.
        victim = bed.Grounds[random.Next(bed.Grounds.Count)];
        int seconds = random.Next(30, MostSeconds) * (random.Next(2) == 0 ? 1 : -1);
        shown = isDrift
            ? (random.Next(2) == 0 ? "+0 x3.0" : "+0 x0.3")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds:+0;-0}");
        Target = $"{victim.Node.Id} {shown}";
        File.WriteAllText(victim.ClockFile!, shown + "\n");
        return Task.CompletedTask;
    }

    public override async Task<string?> VerifyEffectAsync(CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(victim!.Node.Ports.HttpAddress, "/health"), cancellationToken);
            TimeSpan off = (answer.Headers.Date ?? DateTimeOffset.UtcNow) - DateTimeOffset.UtcNow;
            return off.Duration() >= Enough ? null : $"the clock of {victim.Node.Id} is off by {off.TotalSeconds:0.0} s only";
        }
        catch (Exception silent) when (silent is HttpRequestException or TaskCanceledException)
        {
            return $"{victim!.Node.Id} does not answer, so its clock cannot be seen";
        }
    }

    public override Task EndAsync(CancellationToken cancellationToken)
    {
        http.Dispose();
        if (victim is not null)
        {
            File.WriteAllText(victim.ClockFile!, Right + "\n");
        }

        return Task.CompletedTask;
    }
}
