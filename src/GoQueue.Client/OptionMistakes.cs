namespace GoQueue.Client;

/// <summary>Collects what is wrong with a set of options, so that all of it is said at once.</summary>
internal sealed class OptionMistakes
{
    private readonly List<string> found = [];

    public void Unless(bool isRight, string mistake)
    {
        if (!isRight)
        {
            found.Add(mistake);
        }
    }

    public void UnlessBetween(long value, long least, long most, string name) =>
        Unless(value >= least && value <= most, $"{name} is {value}, it must lie between {least} and {most}");

    public void UnlessDuration(TimeSpan value, string name) =>
        Unless(value > TimeSpan.Zero && value <= TimeSpan.FromDays(1), $"{name} is {value}, it must be above zero and at most a day");

    /// <exception cref="ArgumentException">Something was found.</exception>
    public void Throw(string what)
    {
        if (found.Count > 0)
        {
            throw new ArgumentException($"{what}: {string.Join("; ", found)}");
        }
    }
}
