using System.Globalization;
using GoQueue.Core;
using GoQueue.Server.Configuration;

namespace GoQueue.Server.Rest;

/// <summary>Reads query parameters strictly: unknown and repeated ones are refused, values are checked. The first mistake is kept.</summary>
internal sealed class QueryReader
{
    private readonly IQueryCollection query;

    public QueryReader(IQueryCollection query, IReadOnlyList<string> known)
    {
        this.query = query;
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in query)
        {
            // The collection ignores case; the interface does not, so that there is one way to write a name.
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                string hint = NearestName.Of(name, known) is { } nearest ? $"; did you mean {nearest}?" : $"; known are {string.Join(", ", known)}";
                Fail($"there is no parameter '{Json.StrictJson.Shorten(name)}'{hint}");
            }
            else if (values.Count != 1)
            {
                Fail($"parameter {name} is given {values.Count} times");
            }
        }
    }

    public Error? Error { get; private set; }

    public bool Has(string name) => query.ContainsKey(name);

    /// <summary>Null when it is not there.</summary>
    public string? Text(string name) => query.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues values) ? values.ToString() : null;

    public int Number(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
        {
            return value;
        }

        Refuse(name, $"a whole number from {least} to {most}");
        return fallback;
    }

    /// <summary>False when it is not there.</summary>
    public bool Flag(string name)
    {
        string? text = Text(name);
        if (text is not (null or "true" or "false"))
        {
            Refuse(name, "true or false");
        }

        return text == "true";
    }

    /// <summary>Milliseconds since 1970, or an RFC 3339 instant.</summary>
    public UnixMillis? Time(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long millis))
        {
            return new UnixMillis(millis);
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset instant)
            && instant >= DateTimeOffset.UnixEpoch && text.Contains('T'))
        {
            return new UnixMillis(instant.ToUnixTimeMilliseconds());
        }

        Refuse(name, "milliseconds since 1970-01-01T00:00:00Z, or an instant such as 2026-01-31T12:00:00Z");
        return null;
    }

    public void Refuse(string name, string allowed) => Fail($"parameter {name} is '{Json.StrictJson.Shorten(Text(name) ?? string.Empty)}', allowed is {allowed}");

    private void Fail(string detail) => Error ??= new Error(ErrorCode.InvalidArgument, detail);
}
