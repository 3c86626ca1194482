namespace GoQueue.Chaos.Clients;

/// <summary>
/// What client and harness say to each other, a line at a time. The client says an event, as a line of a history (index and time are the harness's), or asks for a process
/// number; it goes on when the answer is there. So an invocation is in the history before the request leaves, and an outcome comes into it after the answer came, by the
/// harness's clock and in its order: nothing has to be merged.
/// </summary>
internal static class ClientLines
{
    /// <summary>From the client: a process number that nobody had yet. The answer is the number.</summary>
    public const string NewProcess = "n";

    /// <summary>To the client: the event is in the history.</summary>
    public const string Written = ".";

    /// <summary>To the client: begin nothing any more, and end when everything is answered. Not an answer.</summary>
    public const string Stop = "stop";

    /// <summary>The argument that names the run, so that what a killed run leaves behind can be found.</summary>
    public const string RunArgument = "--run";
}
