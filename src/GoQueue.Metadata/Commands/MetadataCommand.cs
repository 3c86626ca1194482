using GoQueue.Core;

namespace GoQueue.Metadata.Commands;

/// <summary>
/// A change of the metadata, as it stands in the log. A closed set. Whatever takes a choice (ids, clocks, placement) was settled before and
/// travels inside, with the versions it was based on.
/// </summary>
public abstract record MetadataCommand
{
    private protected MetadataCommand()
    {
    }

    /// <summary>Null when the command makes sense by itself, whatever the state is; else the refusal.</summary>
    public abstract Error? Validate();
}
