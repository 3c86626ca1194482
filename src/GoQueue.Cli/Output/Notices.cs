namespace GoQueue.Cli.Output;

/// <summary>Lines for people on standard error.</summary>
internal sealed class Notices(CommandStreams streams, bool verbose)
{
    /// <summary>Something the user should know even when all is well.</summary>
    public void Say(string line) => streams.Error.WriteLine(line);

    /// <summary>Shown with <c>--verbose</c> only.</summary>
    public void Detail(string line)
    {
        if (verbose)
        {
            streams.Error.WriteLine(line);
        }
    }
}
