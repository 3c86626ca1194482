namespace GoQueue.Fuzz;

/// <summary>
/// A reader of some format, to be run over arbitrary bytes. It must end, refuse what is malformed by a value, and stay within a bound of memory.
/// Any exception that leaves <see cref="Run"/> is a finding; a target that expects one catches exactly that one.
/// </summary>
public interface IFuzzTarget
{
    /// <summary>Lower case with hyphens; what is named on the command line.</summary>
    string Name { get; }

    /// <summary>Sound inputs, and telling unsound ones, from which others are made by mutation. The same ones in every process.</summary>
    IEnumerable<byte[]> Seeds { get; }

    /// <summary>Bytes that one run may allocate at most.</summary>
    long MaxAllocatedBytes => 16 << 20;

    /// <summary>Reads the input and checks what must hold for anything read.</summary>
    void Run(ReadOnlySpan<byte> input);
}
