namespace GoQueue.History.Tests.Checking;

/// <summary>
/// A history by hand: flagged ones must show exactly the anomalies named, near-misses none. <c>I</c> behind an id: for information only.
/// </summary>
internal sealed record Case(string Id, string Name, string[] Expected, Action<Script> Write)
{
    public bool IsFlagged => Expected.Length > 0;

    /// <summary>Must show its id, and beside it only <paramref name="companions"/>: other definitions that hold for the same fact.</summary>
    public static Case Flagged(string id, string name, Action<Script> write, params string[] companions) => new(id, name, [id, .. companions], write);

    /// <summary>The id in a mode that promises less: shown, and no error.</summary>
    public static Case Shown(string id, string name, Action<Script> write) => new(id, name, [id + " I"], write);

    public static Case Clean(string id, string name, Action<Script> write) => new(id, name, [], write);

    public override string ToString() => $"{Id} {(IsFlagged ? "flagged" : "clean")}: {Name}";
}
