namespace GoQueue.History.Tests;

/// <summary>Texts that are kept: a change of a format must be seen and meant.</summary>
internal static class Golden
{
    public static void Matches(string name, string text)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Golden", name);
        if (!File.Exists(path))
        {
            string written = Path.Combine(Path.GetTempPath(), name);
            File.WriteAllText(written, text);
            Assert.Fail($"no golden file {name}; what is written now is in {written}");
        }

        Assert.Equal(File.ReadAllText(path), text);
    }
}
