using System.Globalization;
using GoQueue.Core;

namespace GoQueue.Server.Rest.Reading;

/// <summary>What a read asks for.</summary>
internal sealed record MessagesQuery
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 10_000;
    public const int DefaultBytes = 1 << 20;
    public const int MostBytes = 16 << 20;
    public const int MaxWaitMillis = 30_000;

    private static readonly string[] Known = ["offset", "fromTime", "limit", "maxBytes", "waitMs", "lastEpoch"];

    /// <summary>Null with <see cref="FromTime"/> null too: from the start of the partition.</summary>
    public Offset? From { get; private init; }

    public bool FromEnd { get; private init; }

    /// <summary>Epoch of the record before <see cref="From"/>, as the answer before said it; null is not checked.</summary>
    public LeaderEpoch? LastEpoch { get; private init; }

    public UnixMillis? FromTime { get; private init; }

    public int Limit { get; private init; } = DefaultLimit;

    public int MaxBytes { get; private init; } = DefaultBytes;

    public TimeSpan Wait { get; private init; }

    public static Result<MessagesQuery> Read(IQueryCollection parameters)
    {
        QueryReader query = new(parameters, Known);
        if (query.Has("offset") && query.Has("fromTime"))
        {
            return new Error(ErrorCode.InvalidArgument, "offset and fromTime exclude each other");
        }

        string? offset = query.Text("offset");
        Offset? from = null;
        if (offset is not (null or "earliest" or "latest"))
        {
            if (long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                from = new Offset(value);
            }
            else
            {
                query.Refuse("offset", "a whole number of 0 or more, earliest or latest");
            }
        }

        if (query.Has("lastEpoch") && from is null)
        {
            query.Refuse("lastEpoch", "given along with the offset that it belongs to");
        }

        MessagesQuery read = new()
        {
            From = from,
            FromEnd = offset == "latest",
            LastEpoch = query.Has("lastEpoch") ? new LeaderEpoch(query.Number("lastEpoch", 0, 0, int.MaxValue)) : null,
            FromTime = query.Time("fromTime"),
            Limit = query.Number("limit", DefaultLimit, 1, MaxLimit),
            MaxBytes = query.Number("maxBytes", DefaultBytes, 1, MostBytes),
            Wait = TimeSpan.FromMilliseconds(query.Number("waitMs", 0, 0, MaxWaitMillis)),
        };
        return query.Error is { } error ? error : read;
    }
}
