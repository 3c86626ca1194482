namespace GoQueue.Chaos.Nemesis;

/// <summary>What /proc says of a process.</summary>
internal static class Processes
{
    /// <summary>Whether it runs; one that has ended and was not waited for does not.</summary>
    public static bool IsThere(int process) => State(process) is not (null or 'Z' or 'X');

    /// <summary>T when it is stopped by a signal; null when there is none.</summary>
    public static char? State(int process)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{process}/stat");
            int end = text.LastIndexOf(')'); // the name before it may hold anything
            return end >= 0 && end + 2 < text.Length ? text[end + 2] : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
