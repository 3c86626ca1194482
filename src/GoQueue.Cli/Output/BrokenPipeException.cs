namespace GoQueue.Cli.Output;

/// <summary>The reader of standard output went away, as <c>head</c> does when it has enough. The command ends quietly, with success.</summary>
internal sealed class BrokenPipeException() : IOException("the reader of standard output has closed it");
