using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace GoQueue.Core;

/// <summary>Checks that stay on in Release. A broken one stops the partition or the process: going on would spread the damage.</summary>
public static class Invariant
{
    /// <exception cref="InvariantViolationException">The condition is false.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition)
        {
            Fail(rule);
        }
    }

    /// <summary>As the plain check, with values; they are formatted only when it fails.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check([DoesNotReturnIf(false)] bool condition, string rule, long expected, long seen)
    {
        if (!condition)
        {
            Fail($"{rule} (expected {expected}, saw {seen})");
        }
    }

    [DoesNotReturn]
    private static void Fail(string rule) => throw new InvariantViolationException(rule);
}
