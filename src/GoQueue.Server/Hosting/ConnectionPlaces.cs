using Microsoft.AspNetCore.Connections;

namespace GoQueue.Server.Hosting;

/// <summary>
/// How many connections the listeners hold together; more are closed at once. Kestrel's own limit counts a connection until its handler has ended,
/// and a flood of resets makes it lose that end now and then (see <see cref="Observability.LostConnectionLines"/>): each would take one place for
/// ever. Here a place is given back by whichever comes first: the end of the handler, the close of the socket, or the garbage collector.
/// </summary>
internal sealed class ConnectionPlaces(int max)
{
    private int taken;

    /// <summary>Connections now.</summary>
    public int Taken => Volatile.Read(ref taken);

    /// <summary>A connection handler that lets the others have it while there are places.</summary>
    public async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Interlocked.Increment(ref taken) > max)
        {
            Interlocked.Decrement(ref taken);
            connection.Abort(new ConnectionAbortedException("more connections than http.max-connections"));
            return;
        }

        using Place place = new(this);
        await using CancellationTokenRegistration closing = connection.ConnectionClosed.UnsafeRegister(static place => ((Place)place!).Dispose(), place);
        await next(connection);
    }

    /// <summary>One connection's place. Reachable only from the connection and its handler, so it is collected with them.</summary>
    private sealed class Place(ConnectionPlaces places) : IDisposable
    {
        private int isBack;

#pragma warning disable MA0055 // a finalizer is the one notice of a connection that nobody holds any more
        ~Place() => GiveBack();
#pragma warning restore MA0055

        public void Dispose()
        {
            GiveBack();
            GC.SuppressFinalize(this);
        }

        private void GiveBack()
        {
            if (Interlocked.Exchange(ref isBack, 1) == 0)
            {
                Interlocked.Decrement(ref places.taken);
            }
        }
    }
}
