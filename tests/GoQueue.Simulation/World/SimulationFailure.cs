namespace GoQueue.Simulation.World;

/// <summary>What a run found: a broken promise of the system, or a breach of determinism. Ends the run.</summary>
internal sealed class SimulationFailure : Exception
{
    /// <param name="rule">Id of the broken rule, as in reliability.md and semantics.md, or a word for what is not in them.</param>
    /// <param name="detail">What was expected, what was seen, and where.</param>
    public SimulationFailure(string rule, string detail, Exception? inner = null)
        : base($"{rule}: {detail}", inner)
    {
        Rule = rule;
        Detail = detail;
    }

    public string Rule { get; }

    public string Detail { get; }

    /// <summary>Checks a promise; the text is formatted only when it is broken.</summary>
    public static void Unless(bool holds, string rule, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref FailureText detail)
    {
        if (!holds)
        {
            throw new SimulationFailure(rule, detail.ToString());
        }
    }
}

/// <summary>The text of a failure: nothing of it is evaluated while the promise holds.</summary>
[System.Runtime.CompilerServices.InterpolatedStringHandler]
internal ref struct FailureText
{
    private System.Runtime.CompilerServices.DefaultInterpolatedStringHandler text;

    public FailureText(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        text = isNeeded ? new(literalLength, formattedCount) : default;
    }

    public void AppendLiteral(string value) => text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    public override string ToString() => text.ToStringAndClear();
}
