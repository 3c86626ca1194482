namespace GoQueue.Architecture.Tests.Reading;

/// <summary>One place where compiled code names a member or a type of another assembly.</summary>
/// <param name="InType">Full name of the outermost type the code was written in: async methods, iterators and lambdas count as their owner.</param>
/// <param name="InMethod">The compiled method, for example <c>&lt;RunAsync&gt;d__4.MoveNext</c>.</param>
/// <param name="Type">Full name of the used type.</param>
/// <param name="Member">Metadata name of the used member; empty when only the type is named.</param>
/// <param name="Parameters">Parameter types as documentation ids spell them, for example <c>(System.Int32)</c>; empty when there are none.</param>
internal readonly record struct MemberUse(string InType, string InMethod, string Type, string Member, string Parameters)
{
    /// <summary>Whether a documentation id as written in a banned-symbol list names what is used here.</summary>
    public bool Is(string documentationId)
    {
        string name = documentationId[2..];
        return documentationId[0] switch
        {
            'T' => name == Type,
            'M' => name == $"{Type}.{(Member == ".ctor" ? "#ctor" : Member)}{Parameters}",
            'P' => Member.Length > 4 && (Member[..4] is "get_" or "set_") && name == $"{Type}.{Member[4..]}",
            'F' => name == $"{Type}.{Member}",
            _ => throw new ArgumentException($"not a documentation id that this test reads: {documentationId}", nameof(documentationId)),
        };
    }

    public override string ToString() => $"{InType} ({InMethod}) uses {Type}{(Member.Length == 0 ? "" : "." + Member)}{Parameters}";
}
