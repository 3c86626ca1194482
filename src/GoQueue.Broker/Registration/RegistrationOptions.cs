using GoQueue.Metadata.Brokers;

namespace GoQueue.Broker.Registration;

/// <summary>Who this broker is to the others, and how it keeps in touch.</summary>
public sealed record RegistrationOptions
{
    /// <summary>Of the data directory.</summary>
    public required Guid Incarnation { get; init; }

    public required BrokerEndpoints Endpoints { get; init; }

    /// <summary>Null: replicas are spread without regard to racks.</summary>
    public string? Rack { get; init; }

    /// <summary>Between heartbeats. Default 200 ms: fifteen are missed before the controller gives the broker up.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A heartbeat without an answer is given up after this. Default 500 ms, so that one lost message costs little of the time-out.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Pause before a registration that did not succeed is tried again. Default 200 ms.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a stop waits for its leaderships to move away. Default 10 s; then it goes as it is, and the others find out.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long of it no controller need answer. Default 2 s: when the whole cluster stops, the last have nobody to ask.</summary>
    public TimeSpan StopPatienceWithoutController { get; init; } = TimeSpan.FromSeconds(2);
}
