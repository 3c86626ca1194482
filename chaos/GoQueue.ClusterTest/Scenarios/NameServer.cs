using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GoQueue.ClusterTest.Scenarios;

/// <summary>A name server of the test's own on loopback, over UDP: A and SRV records that a scenario gives and takes away while nodes ask.</summary>
internal sealed class NameServer : IDisposable
{
    private const ushort TypeAddress = 1;
    private const ushort TypeService = 33;

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<byte[]>> records = new(StringComparer.OrdinalIgnoreCase);
    private readonly Task answering;
    private int questions;

    public NameServer()
    {
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        answering = AnswerAsync();
    }

    public string Address => socket.LocalEndPoint!.ToString()!;

    /// <summary>Questions so far, of whatever kind.</summary>
    public int Questions => Volatile.Read(ref questions);

    public void AddAddress(string name, string address) => Add(name, TypeAddress, IPAddress.Parse(address).GetAddressBytes());

    public void AddService(string name, string host, int port)
    {
        byte[] data = [0, 0, 0, 0, (byte)(port >> 8), (byte)port, .. NameBytes(host)];
        Add(name, TypeService, data);
    }

    public void Dispose()
    {
        socket.Dispose();
        answering.Wait();
    }

    private void Add(string name, ushort type, byte[] data)
    {
        byte[] record = [0xC0, 12, (byte)(type >> 8), (byte)type, 0, 1, 0, 0, 0, 1, (byte)(data.Length >> 8), (byte)data.Length, .. data]; // the name is that of the question
        lock (gate)
        {
            if (!records.TryGetValue(Key(name, type), out List<byte[]>? known))
            {
                records.Add(Key(name, type), known = []);
            }

            known.Add(record);
        }
    }

    private async Task AnswerAsync()
    {
        byte[] question = new byte[4096];
        while (true)
        {
            try
            {
                SocketReceiveFromResult asked = await socket.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0));
                Interlocked.Increment(ref questions);
                await socket.SendToAsync(AnswerTo(question.AsSpan(0, asked.ReceivedBytes)), asked.RemoteEndPoint);
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
            {
                return;
            }
            catch (SocketException)
            {
                // Whoever asked is gone.
            }
        }
    }

    /// <summary>What there is of this name and type; nothing is an answer too.</summary>
    private byte[] AnswerTo(ReadOnlySpan<byte> question)
    {
        int at = 12;
        List<string> labels = [];
        while (question[at] != 0)
        {
            labels.Add(Encoding.ASCII.GetString(question.Slice(at + 1, question[at])));
            at += 1 + question[at];
        }

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(question[(at + 1)..]);
        byte[][] found;
        lock (gate)
        {
            found = records.TryGetValue(Key(string.Join('.', labels), type), out List<byte[]>? known) ? [.. known] : [];
        }

        return [question[0], question[1], 0x85, 0x80, 0, 1, 0, (byte)found.Length, 0, 0, 0, 0, .. question[12..(at + 5)], .. found.SelectMany(record => record)];
    }

    private static string Key(string name, ushort type) => $"{type} {name}";

    private static byte[] NameBytes(string name) => [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
}
