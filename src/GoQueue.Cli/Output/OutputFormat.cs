namespace GoQueue.Cli.Output;

/// <summary>How results are printed on standard output.</summary>
internal enum OutputFormat
{
    Table,
    Json,
    Yaml,
}
