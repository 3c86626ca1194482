using GoQueue.Broker.PartitionLoops;
using GoQueue.Core;
using GoQueue.Core.Peers;
using GoQueue.Replication.Wire;

namespace GoQueue.Broker.Replication.Serving;

/// <summary>Answers the fetches of followers: finds or opens the session of each. One session per follower; a new one ends the old.</summary>
internal sealed class FetchServer : IDisposable
{
    private readonly ReplicationOptions options;
    private readonly BrokerEnvironment environment;
    private readonly PartitionTable table;
    private readonly ReassignmentThrottle throttle;
    private readonly Lock gate = new();
    private readonly SortedDictionary<NodeId, FollowerSession> sessions = [];
    private long opened;
    private bool isStopped;

    public FetchServer(ReplicationOptions options, BrokerEnvironment environment, PartitionTable table, IPeerTransport peers, ReassignmentThrottle throttle)
    {
        this.throttle = throttle;
        this.options = options;
        this.environment = environment;
        this.table = table;
        peers.OnCall(PeerMessageKind.ReplicaFetch, AnswerAsync);
    }

    public int SessionCount
    {
        get
        {
            lock (gate)
            {
                return sessions.Count;
            }
        }
    }

    public void Dispose()
    {
        List<FollowerSession> all;
        lock (gate)
        {
            isStopped = true;
            all = [.. sessions.Values];
            sessions.Clear();
        }

        all.ForEach(session => session.Dispose());
    }

    private ValueTask<Result<PeerReply>> AnswerAsync(PeerMessage message, CancellationToken cancellationToken)
    {
        if (!ReplicaFetchCodec.DecodeRequest(message.Payload.Span).TryGet(out ReplicaFetchRequest? request, out Error error))
        {
            return new(error);
        }

        // Up to the first wait this runs for one request of a follower after the other, in the order sent.
        FollowerSession? session = FindOrOpen(message, request);
        if (session is null || !session.Take(request))
        {
            ReplicaFetchResponse refused = new(isStopped ? ErrorCode.ShuttingDown : ErrorCode.PreconditionFailed, request.Session, request.Sequence, []);
            return new((Result<PeerReply>)new PeerReply(ReplicaFetchCodec.Encode(refused)));
        }

        return FinishAsync(session, request);
    }

    /// <summary>A caller whose link ended is answered all the same, for nobody, no later than its wait.</summary>
    private static async ValueTask<Result<PeerReply>> FinishAsync(FollowerSession session, ReplicaFetchRequest request) => await session.AnswerAsync(request);

    private FollowerSession? FindOrOpen(in PeerMessage message, ReplicaFetchRequest request)
    {
        FollowerSession? ended;
        FollowerSession? session;
        lock (gate)
        {
            sessions.TryGetValue(message.From, out session);
            if (isStopped || request.Session != 0)
            {
                return session is not null && session.Id == request.Session && session.Incarnation == message.Incarnation ? session : null;
            }

            // Ids of different lives of this node differ: the registration is part of them.
            long id = (environment.Registration.Value.Value << 24) + (++opened & 0xFFFFFF);
            ended = session;
            session = new FollowerSession(Math.Max(id, 1), message.From, message.Incarnation, options, environment, table, throttle);
            sessions[message.From] = session;
        }

        ended?.Dispose();
        return session;
    }
}
