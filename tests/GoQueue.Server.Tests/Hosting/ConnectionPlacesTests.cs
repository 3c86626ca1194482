using System.Runtime.CompilerServices;
using GoQueue.Server.Hosting;
using Microsoft.AspNetCore.Connections;

namespace GoQueue.Server.Tests.Hosting;

/// <summary>A place is given back once, by whichever end of a connection is seen first.</summary>
public sealed class ConnectionPlacesTests
{
    [Fact]
    public async Task A_place_is_held_until_the_handler_ends()
    {
        ConnectionPlaces places = new(1);
        TaskCompletionSource handler = new();
        Task admitted = places.AdmitAsync(new DefaultConnectionContext(), _ => handler.Task);
        Assert.Equal(1, places.Taken);
        bool isServed = false;
        await places.AdmitAsync(new DefaultConnectionContext(), _ =>
        {
            isServed = true;
            return Task.CompletedTask;
        });
        Assert.False(isServed, "there was no place");
        handler.SetResult();
        await admitted;
        Assert.Equal(0, places.Taken);
    }

    [Fact]
    public async Task The_close_of_the_socket_gives_the_place_back_once_though_the_handler_ends_later()
    {
        ConnectionPlaces places = new(1);
        using CancellationTokenSource closed = new();
        TaskCompletionSource handler = new();
        Task admitted = places.AdmitAsync(new DefaultConnectionContext { ConnectionClosed = closed.Token }, _ => handler.Task);
        await closed.CancelAsync();
        Assert.Equal(0, places.Taken);
        handler.SetResult();
        await admitted;
        Assert.Equal(0, places.Taken);
    }

    [Fact]
    public async Task A_connection_that_the_web_server_lost_gives_its_place_back_to_the_garbage_collector()
    {
        ConnectionPlaces places = new(10);
        Lose(places);
        await GoQueue.Testing.Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return places.Taken == 0;
            },
            "the places of connections that nobody holds are back");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lose(ConnectionPlaces places)
    {
        for (int i = 0; i < 10; i++)
        {
            _ = places.AdmitAsync(new DefaultConnectionContext(), static _ => new TaskCompletionSource().Task);
        }

        Assert.Equal(10, places.Taken);
    }
}
