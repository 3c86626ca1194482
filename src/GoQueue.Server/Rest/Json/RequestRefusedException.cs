using GoQueue.Core;

namespace GoQueue.Server.Rest.Json;

/// <summary>A field of a request is not what it must be. Never leaves the parser that threw it: there it becomes an <see cref="Error"/>.</summary>
internal sealed class RequestRefusedException(ErrorCode code, string detail) : Exception(detail)
{
    public Error Error { get; } = new(code, detail);

    public static RequestRefusedException Malformed(string detail) => new(ErrorCode.MalformedRequest, detail);
}
