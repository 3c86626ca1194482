namespace GoQueue.History.Linearizability;

/// <summary>What an operation does to a register whose values are numbers.</summary>
public enum RegisterAction : byte
{
    /// <summary>Sets <see cref="RegisterOperation.Value"/>.</summary>
    Write,

    /// <summary>Finds <see cref="RegisterOperation.Value"/>.</summary>
    Read,

    /// <summary>Finds <see cref="RegisterOperation.Expected"/> and sets <see cref="RegisterOperation.Value"/>.</summary>
    CompareAndSet,

    /// <summary>Finds anything but <see cref="RegisterOperation.Expected"/>: a refused compare-and-set.</summary>
    FindOther,
}

/// <summary>One operation on one register: it took effect at one moment between its call and its return.</summary>
/// <param name="Call">Position of the invocation in the history.</param>
/// <param name="Return">Position of the answer; <see cref="Never"/> when nobody knows: then it may take effect at any time after the call, or never.</param>
public readonly record struct RegisterOperation(RegisterAction Action, long Value, long Expected, long Call, long Return)
{
    /// <summary>As <see cref="Return"/>: there was no answer.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The value of a register that nobody knows the value of yet: the first operation finds what it likes.</summary>
    public const long Unknown = long.MinValue;

    /// <summary>It did take effect.</summary>
    public bool IsCertain => Return != Never;

    /// <summary>Applies it to a state.</summary>
    /// <returns>False when it cannot happen there.</returns>
    public bool TryApply(long state, out long next)
    {
        next = Action is RegisterAction.Write or RegisterAction.CompareAndSet or RegisterAction.Read ? Value : state;
        return Action switch
        {
            RegisterAction.Write => true,
            RegisterAction.Read => state == Value || state == Unknown,
            RegisterAction.CompareAndSet => state == Expected || state == Unknown,
            _ => state != Expected,
        };
    }

    public override string ToString() => Action switch
    {
        RegisterAction.Write => $"write {Value}",
        RegisterAction.Read => $"read {Value}",
        RegisterAction.CompareAndSet => $"cas {Expected}->{Value}",
        _ => $"not {Expected}",
    };
}
