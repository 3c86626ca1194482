using System.Collections.Concurrent;
using GoQueue.Client.Producing;
using GoQueue.Core;
using GoQueue.Core.Records;

namespace GoQueue.Client;

/// <summary>
/// Sends messages. Messages are collected per partition and lane into batches, sent over connections of the producer's own, and sent again until they
/// are acknowledged or <see cref="ProducerOptions.DeliveryTimeout"/> is over. Make one per process and share it: every member is safe from any thread.
/// </summary>
/// <remarks>
/// Messages that one thread sends to one partition with one priority are stored in that order, retries included (without idempotence, see
/// <see cref="ProducerOptions.MaxInFlightPerPartition"/>).
/// </remarks>
public sealed class GoQueueProducer : IAsyncDisposable
{
    /// <summary>Topics one producer writes to; the bound keeps a mistake, such as a topic name per message, from eating the memory.</summary>
    private const int MaxTopics = 10_000;

    /// <summary>What a message takes beyond its key, value and headers, roughly.</summary>
    private const int OverheadBytes = 24;

    private readonly ProducerContext context;
    private readonly PublishLoop[] loops;
    private readonly ConcurrentDictionary<string, TopicRoute> routes = new(StringComparer.Ordinal);
    private readonly ITimer expiry;
    private TopicRoute? lastRoute;
    private int nextLoop;
    private int disposed;

    internal GoQueueProducer(ProducerContext context)
    {
        this.context = context;
        loops = [.. Enumerable.Range(0, context.Options.Connections).Select(_ => new PublishLoop(context, RoomFreed))];
        TimeSpan interval = TimeSpan.FromTicks(Math.Clamp(context.Options.MaxBlock.Ticks / 20, TimeSpan.TicksPerMillisecond * 10, TimeSpan.TicksPerSecond));
        expiry = context.Clock.Time.CreateTimer(static producer => ((GoQueueProducer)producer!).ExpireWaiting(), this, interval, interval);
    }

    /// <summary>Counts and what is held now.</summary>
    public ProducerStatistics Statistics => context.Counters.Snapshot(context.Memory.Used, context.WaitingSends);

    internal ProducerContext Context => context;

    /// <summary>
    /// Sends a message; completes when it is acknowledged. Awaiting each message before sending the next gives up batching: send many, then await
    /// them, or use <see cref="TryEnqueue"/>. Await the result once.
    /// </summary>
    /// <param name="topic">An existing topic.</param>
    /// <param name="message">Copied when accepted; must not change before.</param>
    /// <param name="cancellationToken">
    /// Takes the message back while it waits for room or for the topic; once accepted, the message is sent whatever the token says.
    /// </param>
    /// <exception cref="GoQueueException">
    /// Codes: UnknownTopic, UnknownPartition, MessageTooLarge, Overloaded (too many calls wait), Timeout (no room within
    /// <see cref="ProducerOptions.MaxBlock"/>, or not acknowledged within <see cref="ProducerOptions.DeliveryTimeout"/>; the message says whether it may
    /// be stored), OutOfOrderSequence, and what else the broker answers.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public ValueTask<DeliveryReport> SendAsync(string topic, in ProducerMessage message, CancellationToken cancellationToken = default)
    {
        DeliverySource source = context.Sources.Rent();
        ValueTask<DeliveryReport> pending = source.Task;
        try
        {
            TopicRoute route = RouteTo(topic);
            long size = SizeOf(message);
            if (!route.TrySend(message, 0, source, size))
            {
                _ = Wait(route, message, 0, source, size, cancellationToken); // its end comes through the source
            }
        }
        catch (Exception refusal) when (refusal is GoQueueException or OperationCanceledException or ObjectDisposedException)
        {
            source.Fail(refusal);
        }

        return pending;
    }

    /// <summary>Sends messages in this order; completes when all are settled, with one report per message.</summary>
    /// <param name="topic">An existing topic.</param>
    /// <param name="messages">The messages. They need not share a partition.</param>
    /// <param name="cancellationToken">See <see cref="SendAsync"/>.</param>
    /// <exception cref="GoQueueException">The first failure. Other messages may be stored.</exception>
    public async Task<IReadOnlyList<DeliveryReport>> SendBatchAsync(
        string topic, IReadOnlyList<ProducerMessage> messages, CancellationToken cancellationToken = default)
    {
        Task<DeliveryReport>[] pending = new Task<DeliveryReport>[messages.Count];
        for (int i = 0; i < pending.Length; i++)
        {
            pending[i] = SendAsync(topic, messages[i], cancellationToken).AsTask();
        }

        DeliveryReport[] reports = new DeliveryReport[pending.Length];
        Exception? first = null;
        for (int i = 0; i < pending.Length; i++)
        {
            try
            {
                reports[i] = await pending[i].ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                first ??= failure;
            }
        }

        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }

        return reports;
    }

    /// <summary>
    /// Hands a message over without waiting and without allocating; its outcome comes through <see cref="ProducerOptions.OnDelivery"/>. The way to
    /// high rates.
    /// </summary>
    /// <param name="topic">An existing topic. Passing the same string object each time is fastest.</param>
    /// <param name="message">Copied before this returns.</param>
    /// <param name="tag">Comes back in <see cref="BatchDelivery.Tags"/>.</param>
    /// <returns>
    /// False when there is no room now, or the topic is not known yet: await <see cref="EnqueueAsync"/> with the same message instead.
    /// </returns>
    /// <exception cref="GoQueueException">The message cannot be sent: UnknownPartition, MessageTooLarge.</exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public bool TryEnqueue(string topic, in ProducerMessage message, long tag = 0) => RouteTo(topic).TrySend(message, tag, null, SizeOf(message));

    /// <summary>Hands a message over; completes when it is accepted. Its outcome comes through <see cref="ProducerOptions.OnDelivery"/>.</summary>
    /// <param name="topic">An existing topic.</param>
    /// <param name="message">Copied when accepted; must not change before.</param>
    /// <param name="tag">Comes back in <see cref="BatchDelivery.Tags"/>.</param>
    /// <param name="cancellationToken">Takes the message back while it waits.</param>
    /// <exception cref="GoQueueException">It was not accepted: UnknownTopic, UnknownPartition, MessageTooLarge, Overloaded, Timeout.</exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public ValueTask EnqueueAsync(string topic, in ProducerMessage message, long tag = 0, CancellationToken cancellationToken = default)
    {
        try
        {
            TopicRoute route = RouteTo(topic);
            long size = SizeOf(message);
            return route.TrySend(message, tag, null, size) ? default : new ValueTask(Wait(route, message, tag, null, size, cancellationToken));
        }
        catch (Exception refusal) when (refusal is GoQueueException or OperationCanceledException or ObjectDisposedException)
        {
            return ValueTask.FromException(refusal);
        }
    }

    /// <summary>
    /// Sends everything accepted so far without lingering; completes when all of it is settled. Failures are reported where the messages were sent,
    /// not here.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the messages are still sent.</param>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        return FlushAllAsync(cancellationToken);
    }

    /// <summary>
    /// Refuses further messages, sends what is there, and closes the connections. What is not settled within
    /// <see cref="ProducerOptions.CloseTimeout"/> fails.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        using (CancellationTokenSource patience = new(context.Options.CloseTimeout, context.Clock.Time))
        {
            await FlushAllAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await expiry.DisposeAsync().ConfigureAwait(false);
        foreach (PublishLoop loop in loops)
        {
            await loop.StopAsync().ConfigureAwait(false);
        }

        foreach (TopicRoute route in routes.Values)
        {
            await route.CloseAsync(new GoQueueException(ErrorCode.Timeout, "the producer was disposed before the message was sent")).ConfigureAwait(false);
        }

        context.Builders.Dispose();
    }

    private async Task FlushAllAsync(CancellationToken cancellationToken)
    {
        foreach (Task waiting in routes.Values.SelectMany(route => route.WaitingNow()))
        {
            // A send that was not accepted has told its caller.
            await waiting.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        FlushRequest request = new(loops.Length);
        foreach (PublishLoop loop in loops)
        {
            loop.Flush(request);
        }

        await request.Finished.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private TopicRoute RouteTo(string topic)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        TopicRoute? last = Volatile.Read(ref lastRoute);
        if (last is not null && last.Topic == topic)
        {
            return last;
        }

        if (!routes.TryGetValue(topic, out TopicRoute? route))
        {
            if (routes.Count >= MaxTopics)
            {
                throw new GoQueueException(ErrorCode.Overloaded, $"this producer has sent to {MaxTopics} topics, its bound; use another producer for '{topic}'");
            }

            route = routes.GetOrAdd(topic, name => new TopicRoute(name, context, NextLoop));
        }

        Volatile.Write(ref lastRoute, route);
        return route;
    }

    private PublishLoop NextLoop() => loops[(int)((uint)Interlocked.Increment(ref nextLoop) % (uint)loops.Length)];

    private Task Wait(TopicRoute route, in ProducerMessage message, long tag, DeliverySource? source, long size, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (size > context.Memory.Limit)
        {
            throw new GoQueueException(ErrorCode.MessageTooLarge, $"the message takes {size} bytes, the producer's whole buffer has {context.Memory.Limit}");
        }

        if (context.WaitingSends >= context.Options.MaxWaitingSends)
        {
            throw new GoQueueException(ErrorCode.Overloaded, $"{context.Options.MaxWaitingSends} sends wait already; await earlier ones before sending more");
        }

        WaitingSend send = new(message, tag, source, size, context.Clock.Ticks + context.Options.MaxBlock.Ticks);
        send.CancelBy(cancellationToken);
        route.Wait(send);
        return send.Over;
    }

    /// <summary>On a loop, after it settled something.</summary>
    private void RoomFreed()
    {
        if (context.WaitingSends == 0 || !context.Memory.HasRoomAgain)
        {
            return;
        }

        foreach ((_, TopicRoute route) in routes)
        {
            route.Pump();
        }
    }

    private void ExpireWaiting()
    {
        long now = context.Clock.Ticks;
        foreach ((_, TopicRoute route) in routes)
        {
            route.Expire(now);
        }
    }

    private static long SizeOf(in ProducerMessage message)
    {
        long size = OverheadBytes + (message.Key?.Length ?? 0) + (message.Value?.Length ?? 0);
        if (!message.Headers.IsEmpty)
        {
            foreach (ref readonly RecordHeader header in message.Headers.Span)
            {
                size += 8 + (header.Key.Length * 3L) + header.Value.Length;
            }
        }

        return size;
    }
}
