using System.Text;

namespace GoQueue.Server.Grpc.Protocol;

/// <summary>The <c>grpc-message</c> trailer: UTF-8, with everything but printable ASCII (and <c>%</c>) percent-encoded.</summary>
internal static class GrpcMessageText
{
    /// <summary>Longer texts are cut: trailers share the client's limit for headers.</summary>
    private const int MaxBytes = 2048;

    public static string Encode(string message)
    {
        bool plain = message.Length <= MaxBytes;
        for (int i = 0; plain && i < message.Length; i++)
        {
            plain = IsPlain(message[i]);
        }

        return plain ? message : EncodeBytes(message);
    }

    private static string EncodeBytes(string message)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(message);
        StringBuilder text = new(bytes.Length + 16);
        for (int i = 0; i < bytes.Length && text.Length < MaxBytes; i++)
        {
            byte b = bytes[i];
            if (IsPlain((char)b))
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2"));
            }
        }

        return text.ToString();
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' and not '%';
}
