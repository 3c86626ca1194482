using System.Collections.Frozen;
using GoQueue.Core;

namespace GoQueue.Client.Errors;

/// <summary>From what the wire says to <see cref="ErrorCode"/>.</summary>
internal static class ErrorNames
{
    private static readonly FrozenDictionary<string, ErrorCode> ByName =
        Enum.GetValues<ErrorCode>().ToFrozenDictionary(ErrorCodes.Name, StringComparer.Ordinal);

    public static bool TryParse(string? name, out ErrorCode code)
    {
        code = default;
        return name is not null && ByName.TryGetValue(name, out code);
    }

    /// <summary>A code of a newer server that this client does not know is an internal error with the number in its detail.</summary>
    public static Error OfNumber(int number, string detail) => Enum.IsDefined((ErrorCode)number)
        ? new Error((ErrorCode)number, detail)
        : new Error(ErrorCode.Internal, $"the server answered error {number}, which this client does not know: {detail}");

    /// <summary>For answers without a code of ours: other servers, proxies, and the transport itself.</summary>
    public static ErrorCode OfGrpcStatus(int status) => status switch
    {
        0 => ErrorCode.None,
        3 or 12 => ErrorCode.MalformedRequest, // invalid argument, unimplemented
        4 => ErrorCode.Timeout,
        8 => ErrorCode.Overloaded,
        11 => ErrorCode.OffsetOutOfRange,
        14 => ErrorCode.Unreachable,
        _ => ErrorCode.Internal,
    };
}
