using System.Net.Http.Headers;
using GoQueue.Client.Errors;
using GoQueue.Contracts.Rpc;
using GoQueue.Core;
using Google.Protobuf;

namespace GoQueue.Client.Transport;

/// <summary>Reads how a call ended: <c>grpc-status</c> and its company in the trailers, or in the headers of a call without a body.</summary>
internal static class GrpcStatusReader
{
    /// <summary>Null when these headers hold no status. Success has the code <see cref="ErrorCode.None"/>.</summary>
    public static Error? Read(HttpHeaders headers)
    {
        if (Value(headers, "grpc-status") is not { } text)
        {
            return null;
        }

        if (!int.TryParse(text, out int status))
        {
            return new Error(ErrorCode.Internal, $"the call ended with grpc-status '{text}', which is not a number");
        }

        if (status == 0)
        {
            return default(Error);
        }

        string message = PercentDecode(Value(headers, "grpc-message") ?? $"the call ended with gRPC status {status}");
        ErrorInfo? info = Details(Value(headers, "grpc-status-details-bin"));
        if (ErrorNames.TryParse(Value(headers, "goqueue-error") ?? info?.Reason, out ErrorCode code) && code != ErrorCode.None)
        {
            return new Error(code, message);
        }

        return info is not null && info.Metadata.TryGetValue("code", out string? number) && int.TryParse(number, out int known)
            ? ErrorNames.OfNumber(known, message)
            : new Error(ErrorNames.OfGrpcStatus(status), message);
    }

    private static string? Value(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;

    /// <summary>Details are a help, not a duty: what cannot be read is left out.</summary>
    private static ErrorInfo? Details(string? base64)
    {
        if (base64 is null)
        {
            return null;
        }

        try
        {
            string padded = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
            Status status = Status.Parser.ParseFrom(Convert.FromBase64String(padded));
            foreach (Google.Protobuf.WellKnownTypes.Any detail in status.Details)
            {
                if (detail.TryUnpack(out ErrorInfo info))
                {
                    return info;
                }
            }
        }
        catch (Exception problem) when (problem is FormatException or InvalidProtocolBufferException)
        {
            // not ours
        }

        return null;
    }

    private static string PercentDecode(string text) => text.Contains('%') ? Uri.UnescapeDataString(text) : text;
}
