namespace GoQueue.Core;

/// <summary>A refused request: the code and a sentence with what was expected, what was seen, and the ids needed to find it.</summary>
public readonly record struct Error(ErrorCode Code, string Detail)
{
    public override string ToString() => $"{ErrorCodes.Name(Code)}: {Detail}";
}
