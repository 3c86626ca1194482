using System.Buffers;
using GoQueue.Core;
using Google.Protobuf;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>Reads the one request message of a unary or server-streaming call.</summary>
internal static class SingleMessage
{
    /// <summary>The status is OK when the message is in <see cref="MessageReader.Payload"/>, which stays valid until the call finishes.</summary>
    public static async ValueTask<GrpcStatus> ReadAsync(GrpcCall call)
    {
        MessageReader reader = call.Reader;
        while (true)
        {
            switch (reader.TryNext())
            {
                case MessageRead.Message when reader.HasMore:
                    return GrpcStatus.Of(ErrorCode.MalformedRequest, "this method takes one message, and more came");
                case MessageRead.Message:
                    return GrpcStatus.Ok;
                case MessageRead.End:
                    return GrpcStatus.Of(ErrorCode.MalformedRequest, "this method takes one message, and none came");
                case MessageRead.Failed:
                    return reader.Failure;
                case MessageRead.Interrupted:
                    return call.WhyCancelled();
                default:
                    await reader.FillAsync();
                    break;
            }
        }
    }

    /// <summary>The same, parsed. The request is null exactly when the status is not OK.</summary>
    public static async ValueTask<(TRequest? Request, GrpcStatus Status)> ReadAsync<TRequest>(GrpcCall call, MessageParser<TRequest> parser)
        where TRequest : class, IMessage<TRequest>
    {
        GrpcStatus status = await ReadAsync(call);
        return status.IsOk ? Parse(call.Reader.Payload, parser) : (null, status);
    }

    public static (TRequest? Request, GrpcStatus Status) Parse<TRequest>(in ReadOnlySequence<byte> payload, MessageParser<TRequest> parser)
        where TRequest : class, IMessage<TRequest>
    {
        try
        {
            return (parser.ParseFrom(payload), GrpcStatus.Ok);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return (null, GrpcStatus.Of(ErrorCode.MalformedRequest, $"not a {typeof(TRequest).Name}: {malformed.Message}"));
        }
    }
}
