using System.Text;
using GoQueue.Client.Errors;
using GoQueue.Client.Transport;
using GoQueue.Core;

namespace GoQueue.Client.Wire;

/// <summary>What the server says about one batch: <c>goqueue.v1.PublishStreamResponse</c>.</summary>
internal readonly struct PublishAnswer
{
    public ulong Correlation { get; private init; }

    /// <summary>-1 when refused, or with acks none.</summary>
    public long BaseOffset { get; private init; }

    /// <summary><see cref="ErrorCode.None"/> when stored.</summary>
    public Error Error { get; private init; }

    public int Replicas { get; private init; }

    public bool Flushed { get; private init; }

    /// <summary>Largest timestamp of the batch as stored, ms.</summary>
    public long TimestampMillis { get; private init; }

    /// <summary>Who leads the partition, from a node that does not.</summary>
    public LeaderHint? Leader { get; private init; }

    public static PublishAnswer Parse(ReadOnlySpan<byte> message)
    {
        ulong correlation = 0;
        long baseOffset = 0;
        long timestamp = 0;
        int error = 0;
        string detail = "";
        int replicas = 0;
        bool flushed = false;
        LeaderHint? leader = null;
        ProtoReader reader = new(message);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 1:
                    correlation = reader.Number();
                    break;
                case 2:
                    baseOffset = (long)reader.Number();
                    break;
                case 3:
                    error = (int)reader.Number();
                    break;
                case 4:
                    detail = Encoding.UTF8.GetString(reader.Bytes());
                    break;
                case 5:
                    ReadDurability(reader.Bytes(), out replicas, out flushed);
                    break;
                case 6:
                    timestamp = (long)reader.Number();
                    break;
                case 7:
                    Contracts.V1.PartitionLeader named = Contracts.V1.PartitionLeader.Parser.ParseFrom(reader.Bytes());
                    leader = named.Node.Length == 0 ? null : new LeaderHint(named.Node, named.Endpoint, named.LeaderEpoch);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new PublishAnswer
        {
            Correlation = correlation,
            BaseOffset = baseOffset,
            Error = error == 0 ? default : ErrorNames.OfNumber(error, detail),
            Replicas = replicas,
            Flushed = flushed,
            TimestampMillis = timestamp,
            Leader = leader,
        };
    }

    private static void ReadDurability(ReadOnlySpan<byte> message, out int replicas, out bool flushed)
    {
        replicas = 0;
        flushed = false;
        ProtoReader reader = new(message);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 2:
                    replicas = (int)reader.Number();
                    break;
                case 3:
                    flushed = reader.Number() != 0;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }
}
