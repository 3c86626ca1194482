using System.Globalization;
using System.Text.Json.Nodes;
using GoQueue.Cli.Failures;
using GoQueue.Cli.Values;
using GoQueue.Client;

namespace GoQueue.Cli.Topics;

/// <summary>
/// The settings of a topic by name. The names are those of the REST interface; <c>retention.ms</c> and <c>retention-ms</c> are read as
/// <c>retentionMs</c>, so that settings copied from elsewhere work.
/// </summary>
internal static class TopicSettingText
{
    private const string Names = "retentionMs, retentionHours, retentionBytes, segmentBytes, segmentMs, cleanupPolicy, maxMessageBytes, flushMode, flushIntervalMs, replicationFactor, "
        + "minInSyncReplicas, uncleanLeaderElection";

    // Far beyond any use, and far from what a TimeSpan can hold.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365_000);

    /// <exception cref="CommandFailure">An unknown name or a value that cannot be read.</exception>
    public static TopicConfiguration Parse(IEnumerable<string> pairs)
    {
        TopicConfiguration settings = new();
        foreach (string pair in pairs)
        {
            int equals = pair.IndexOf('=');
            if (equals <= 0)
            {
                throw CommandFailure.Usage($"'{pair}' (--config) is not KEY=VALUE", $"known keys: {Names}");
            }

            settings = Apply(settings, pair[..equals], pair[(equals + 1)..]);
        }

        return settings;
    }

    /// <summary>All settings with the names and units of the REST interface.</summary>
    public static JsonObject ToJson(TopicConfiguration settings) => new()
    {
        ["retentionMs"] = Millis(settings.Retention),
        ["retentionBytes"] = settings.RetentionBytes,
        ["segmentBytes"] = settings.SegmentBytes,
        ["segmentMs"] = Millis(settings.SegmentAge),
        ["cleanupPolicy"] = settings.Cleanup?.ToString().ToLowerInvariant(),
        ["maxMessageBytes"] = settings.MaxMessageBytes,
        ["flushMode"] = settings.Flush?.ToString().ToLowerInvariant(),
        ["flushIntervalMs"] = Millis(settings.FlushInterval),
        ["replicationFactor"] = settings.ReplicationFactor,
        ["minInSyncReplicas"] = settings.MinInSyncReplicas,
        ["uncleanLeaderElection"] = settings.UncleanLeaderElection,
    };

    /// <summary>For people: <c>7d</c>, <c>for ever</c>.</summary>
    public static string Duration(TimeSpan? duration) => duration switch
    {
        null => "-",
        { } forever when forever == Timeout.InfiniteTimeSpan => "for ever",
        { } known => DurationText.Format(known),
    };

    /// <summary>For people: <c>64MiB</c>, <c>no limit</c>.</summary>
    public static string Size(long? bytes) => bytes switch { null => "-", -1 => "no limit", { } known => ByteSizeText.Format(known) };

    private static TopicConfiguration Apply(TopicConfiguration settings, string key, string value)
    {
        string name = key.Replace(".", string.Empty, StringComparison.Ordinal).Replace("-", string.Empty, StringComparison.Ordinal).ToLowerInvariant();
        return name switch
        {
            "retentionms" => settings with { Retention = Millis(key, value, forever: true) },
            "retentionhours" => settings with { Retention = Hours(key, value) },
            "retentionbytes" => settings with { RetentionBytes = value is "-1" ? -1 : Bytes(key, value) },
            "segmentbytes" => settings with { SegmentBytes = Bytes(key, value) },
            "segmentms" => settings with { SegmentAge = Millis(key, value, forever: false) },
            "cleanuppolicy" => settings with { Cleanup = Word<TopicCleanup>(key, value) },
            "maxmessagebytes" => settings with { MaxMessageBytes = (int)Math.Min(Bytes(key, value), int.MaxValue) },
            "flushmode" => settings with { Flush = Word<TopicFlush>(key, value) },
            "flushintervalms" => settings with { FlushInterval = Millis(key, value, forever: false) },
            "replicationfactor" => settings with { ReplicationFactor = Count(key, value) },
            "mininsyncreplicas" => settings with { MinInSyncReplicas = Count(key, value) },
            "uncleanleaderelection" => settings with { UncleanLeaderElection = bool.TryParse(value, out bool flag) ? flag : throw Wrong(key, value, "true or false") },
            _ => throw CommandFailure.Usage($"'{key}' (--config) is not a setting of a topic", $"known keys: {Names}"),
        };
    }

    private static TimeSpan Millis(string key, string value, bool forever)
    {
        if (forever && value is "-1")
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long millis) && millis <= Longest.TotalMilliseconds)
        {
            return TimeSpan.FromMilliseconds(millis);
        }

        // Who writes a unit means it: 7d.
        return DurationText.TryParse(value, out TimeSpan duration) ? duration : throw Wrong(key, value, "whole milliseconds" + (forever ? " or -1 for ever" : string.Empty));
    }

    private static TimeSpan Hours(string key, string value)
    {
        if (value is "-1")
        {
            return Timeout.InfiniteTimeSpan;
        }

        return double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double hours) && hours <= Longest.TotalHours
            ? TimeSpan.FromHours(hours)
            : throw Wrong(key, value, "a number of hours or -1 for ever");
    }

    private static long Bytes(string key, string value) => ByteSizeText.TryParse(value, out long bytes) ? bytes : throw Wrong(key, value, ByteSizeText.Expected);

    private static int Count(string key, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : throw Wrong(key, value, "a whole number");

    private static T Word<T>(string key, string value)
        where T : struct, Enum => !value.Any(char.IsAsciiDigit) && Enum.TryParse(value, ignoreCase: true, out T found) && Enum.IsDefined(found)
            ? found
            : throw Wrong(key, value, string.Join(" or ", Enum.GetNames<T>()).ToLowerInvariant());

    private static CommandFailure Wrong(string key, string value, string expected) =>
        CommandFailure.Usage($"'{value}' is not a value for {key} (--config)", $"expected {expected}");

    private static long? Millis(TimeSpan? duration) => duration == Timeout.InfiniteTimeSpan ? -1 : (long?)duration?.TotalMilliseconds;
}
