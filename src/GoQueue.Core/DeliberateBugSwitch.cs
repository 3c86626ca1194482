namespace GoQueue.Core;

/// <summary>
/// Whether this process may plant faults in its own code to prove that the checkers find them (ADR 0015). Only the hosts of tests set the switch, in their runtime
/// configuration; it is read once, so that the compiler of a process without it drops the faults together with the questions for them.
/// </summary>
public static class DeliberateBugSwitch
{
    public const string Name = "GoQueue.DeliberateBugs";

    public static bool IsOn { get; } = AppContext.TryGetSwitch(Name, out bool isOn) && isOn;

    /// <summary>Guards every door through which a fault could be planted.</summary>
    /// <exception cref="InvariantViolationException">A fault is to be planted in a process that is no test.</exception>
    public static void CheckMayPlant(bool isNone) => Invariant.Check(isNone || IsOn, "faults are planted in the processes of tests only");
}
