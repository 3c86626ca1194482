using GoQueue.Core;
using GoQueue.Metadata.Topics;

namespace GoQueue.Server.Rest.Topics;

/// <summary>Between settings as JSON has them and settings as the metadata has them. Bounds are the metadata's business.</summary>
internal static class TopicSettingsJson
{
    private const double MillisPerHour = 3_600_000;

    public static TopicSettingsBody ToBody(TopicSettings settings) => new()
    {
        RetentionHours = settings.RetentionMillis < 0 ? -1 : settings.RetentionMillis / MillisPerHour,
        RetentionMs = settings.RetentionMillis,
        RetentionBytes = settings.RetentionBytes,
        SegmentBytes = settings.SegmentBytes,
        SegmentMs = settings.SegmentMillis,
        CleanupPolicy = settings.CleanupPolicy.ToString().ToLowerInvariant(),
        MaxMessageBytes = settings.MaxMessageBytes,
        FlushMode = settings.FlushMode.ToString().ToLowerInvariant(),
        FlushIntervalMs = settings.FlushIntervalMillis,
        ReplicationFactor = settings.ReplicationFactor,
        MinInSyncReplicas = settings.MinInSyncReplicas,
        UncleanLeaderElection = settings.UncleanLeaderElection,
    };

    /// <summary>Settings stand in the nested object or beside it, not the same one in both.</summary>
    public static Result<TopicSettingsPatch> ToPatch(TopicSettingsBody beside, TopicSettingsBody? nested)
    {
        TopicSettingsBody inside = nested ?? new TopicSettingsBody();
        List<string> twice = [];
        TopicSettingsBody body = new()
        {
            RetentionHours = One("retentionHours", beside.RetentionHours, inside.RetentionHours),
            RetentionMs = One("retentionMs", beside.RetentionMs, inside.RetentionMs),
            RetentionBytes = One("retentionBytes", beside.RetentionBytes, inside.RetentionBytes),
            SegmentBytes = One("segmentBytes", beside.SegmentBytes, inside.SegmentBytes),
            SegmentMs = One("segmentMs", beside.SegmentMs, inside.SegmentMs),
            CleanupPolicy = OneText("cleanupPolicy", beside.CleanupPolicy, inside.CleanupPolicy),
            MaxMessageBytes = One("maxMessageBytes", beside.MaxMessageBytes, inside.MaxMessageBytes),
            FlushMode = OneText("flushMode", beside.FlushMode, inside.FlushMode),
            FlushIntervalMs = One("flushIntervalMs", beside.FlushIntervalMs, inside.FlushIntervalMs),
            ReplicationFactor = One("replicationFactor", beside.ReplicationFactor, inside.ReplicationFactor),
            MinInSyncReplicas = One("minInSyncReplicas", beside.MinInSyncReplicas, inside.MinInSyncReplicas),
            UncleanLeaderElection = One("uncleanLeaderElection", beside.UncleanLeaderElection, inside.UncleanLeaderElection),
        };
        return twice.Count > 0 ? Refused($"{string.Join(", ", twice)}: given in settings and beside it") : ToPatch(body);

        T? One<T>(string name, T? first, T? second)
            where T : struct
        {
            if (first is not null && second is not null)
            {
                twice.Add(name);
            }

            return first ?? second;
        }

        string? OneText(string name, string? first, string? second)
        {
            if (first is not null && second is not null)
            {
                twice.Add(name);
            }

            return first ?? second;
        }
    }

    private static Result<TopicSettingsPatch> ToPatch(TopicSettingsBody body)
    {
        List<string> wrong = [];
        TopicSettingsPatch patch = new()
        {
            RetentionMillis = Retention(body, wrong),
            RetentionBytes = body.RetentionBytes,
            SegmentBytes = body.SegmentBytes,
            SegmentMillis = body.SegmentMs,
            CleanupPolicy = Name<CleanupPolicy>("cleanupPolicy", body.CleanupPolicy, "delete or compact", wrong),
            MaxMessageBytes = body.MaxMessageBytes,
            FlushMode = Name<TopicFlushMode>("flushMode", body.FlushMode, "flush, interval or none", wrong),
            FlushIntervalMillis = body.FlushIntervalMs,
            ReplicationFactor = body.ReplicationFactor,
            MinInSyncReplicas = body.MinInSyncReplicas,
            UncleanLeaderElection = body.UncleanLeaderElection,
        };
        return wrong.Count > 0 ? Refused(string.Join("; ", wrong)) : patch;
    }

    /// <summary>Hours and milliseconds may both be there when they agree, as they do in what GET answers.</summary>
    private static long? Retention(TopicSettingsBody body, List<string> wrong)
    {
        if (body.RetentionHours is not { } hours)
        {
            return body.RetentionMs;
        }

        double millis = hours is -1 ? -1 : Math.Round(hours * MillisPerHour);
        if (millis is not (>= -1 and <= long.MaxValue / 2))
        {
            wrong.Add($"retentionHours of {hours}: use -1 or a number of hours");
        }
        else if (body.RetentionMs is { } given && given != (long)millis)
        {
            wrong.Add($"retentionHours of {hours} and retentionMs of {given} disagree: give one of them");
        }

        return (long)millis;
    }

    private static T? Name<T>(string field, string? name, string allowed, List<string> wrong)
        where T : struct, Enum
    {
        if (name is null)
        {
            return null;
        }

        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(Enum.GetName(value)!.ToLowerInvariant(), name, StringComparison.Ordinal))
            {
                return value;
            }
        }

        wrong.Add($"{field} '{Json.StrictJson.Shorten(name)}': use {allowed}");
        return null;
    }

    private static Error Refused(string detail) => new(ErrorCode.InvalidConfiguration, detail);
}
