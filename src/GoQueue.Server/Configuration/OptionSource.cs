namespace GoQueue.Server.Configuration;

/// <summary>Where a value came from. The later in this list, the stronger: default, file, environment, flag.</summary>
internal abstract record OptionSource
{
    public static readonly OptionSource Default = new FromDefault();

    private sealed record FromDefault : OptionSource
    {
        public override string ToString() => "default";
    }

    public sealed record File(string Path, long Line) : OptionSource
    {
        public override string ToString() => $"{Path}:{Line}";
    }

    public sealed record Environment(string Variable) : OptionSource
    {
        public override string ToString() => $"environment {Variable}";
    }

    public sealed record Flag(string Name) : OptionSource
    {
        public override string ToString() => $"flag {Name}";
    }
}

/// <summary>A value as it was given, not yet checked.</summary>
internal readonly record struct GivenValue(string Key, string Text, OptionSource Source);
