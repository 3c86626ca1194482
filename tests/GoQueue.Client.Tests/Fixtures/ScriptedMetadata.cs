using System.Collections.Concurrent;
using GoQueue.Contracts.V1;

namespace GoQueue.Client.Tests.Fixtures;

/// <summary>What the scripted servers of one cluster share: topics with their stored partitions, who leads them, and a version that every change raises.</summary>
internal sealed class ScriptedMetadata
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentDictionary<string, (Topic Topic, ScriptedPartition[] Partitions)> Topics { get; } = new();

    /// <summary>Addresses by node; a server that stands alone is not here, as in the product.</summary>
    public ConcurrentDictionary<string, string> Nodes { get; } = new();

    /// <summary>Racks by node; without one a node has not said.</summary>
    public ConcurrentDictionary<string, string> Racks { get; } = new();

    public long Version { get; private set; } = 1;

    public Task Changed
    {
        get
        {
            lock (gate)
            {
                return changed.Task;
            }
        }
    }

    /// <summary>Another node leads from now on; whoever waits for news is told.</summary>
    public void Elect(string topic, int partition, string node)
    {
        Partition led = Topics[topic].Topic.Partitions[partition];
        led.Leader = node;
        led.LeaderEpoch++;
        Raise();
    }

    /// <summary>Which replicas are in sync from now on.</summary>
    public void InSync(string topic, int partition, params string[] nodes)
    {
        lock (gate)
        {
            Topics[topic].Topic.Partitions[partition].InSync.Clear();
            Topics[topic].Topic.Partitions[partition].InSync.Add(nodes);
        }

        Raise();
    }

    public void Raise()
    {
        TaskCompletionSource told;
        lock (gate)
        {
            Version++;
            told = changed;
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.SetResult();
    }

    public async Task<GetMetadataResponse> AnswerAsync(GetMetadataRequest request, string node, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(request.WaitMs);
        while (request.KnownVersion >= Version && !over.IsCancellationRequested)
        {
            await Changed.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (gate)
        {
            GetMetadataResponse response = new() { ClusterId = "scripted", Node = node, Version = Version };
            response.Nodes.AddRange(Nodes.Select(pair => new Node { Id = pair.Key, Endpoint = pair.Value, Available = true, Rack = Racks.GetValueOrDefault(pair.Key, "") }));
            foreach (string name in request.Topics)
            {
                if (!Topics.TryGetValue(name, out var found))
                {
                    response.UnknownTopics.Add(name);
                }
                else if (request.KnownVersion < Version)
                {
                    response.Topics.Add(found.Topic.Clone());
                }
            }

            return response;
        }
    }
}
