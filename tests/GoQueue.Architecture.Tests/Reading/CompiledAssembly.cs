using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace GoQueue.Architecture.Tests.Reading;

/// <summary>
/// A built assembly read as a file: what it references and which foreign members its method bodies name. Sees through aliases, extension
/// methods and generated code, which a text search does not.
/// </summary>
internal sealed class CompiledAssembly
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => field.GetValue(null)).OfType<OpCode>().ToDictionary(code => code.Value);

    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    private CompiledAssembly(ImmutableArray<byte> image)
    {
        _file = new PEReader(image);
        _metadata = _file.GetMetadataReader();
        Name = _metadata.GetString(_metadata.GetAssemblyDefinition().Name);
        References = [.. _metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name))];
        TypeReferences = [.. _metadata.TypeReferences.Select(handle => TypeNames.Of(_metadata, handle))];
        NativeImports = [.. _metadata.MethodDefinitions.Select(handle => _metadata.GetMethodDefinition(handle))
            .Where(method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .Select(method => (Owner(method.GetDeclaringType()).Outermost, _metadata.GetString(method.GetImport().Name)))];
        Uses = ReadUses();
    }

    public string Name { get; }

    public IReadOnlyList<string> References { get; }

    /// <summary>Every foreign type named anywhere: bodies, signatures, base types, attributes.</summary>
    public IReadOnlyList<string> TypeReferences { get; }

    /// <summary>Native functions, and the outermost type that declares each.</summary>
    public IReadOnlyList<(string InType, string Name)> NativeImports { get; }

    public IReadOnlyList<MemberUse> Uses { get; }

    public static CompiledAssembly Load(ReadOnlySpan<byte> image) => new([.. image]);

    /// <summary>The built assembly of a project of ours, as it lies beside these tests.</summary>
    public static CompiledAssembly OfProject(string project)
    {
        string name = project switch { "GoQueue.Server" => "goqueue-server", "GoQueue.Cli" => "goqueue", _ => project };
        return Load(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, name + ".dll")));
    }

    private List<MemberUse> ReadUses()
    {
        List<MemberUse> uses = [];
        foreach (MethodDefinitionHandle handle in _metadata.MethodDefinitions)
        {
            MethodDefinition method = _metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress != 0)
            {
                ReadBody(method, uses);
            }
        }

        return uses;
    }

    private void ReadBody(MethodDefinition method, List<MemberUse> uses)
    {
        (string outermost, string nested) = Owner(method.GetDeclaringType());
        string name = nested + _metadata.GetString(method.Name);
        BlobReader code = _file.GetMethodBody(method.RelativeVirtualAddress).GetILReader();
        while (code.RemainingBytes > 0)
        {
            int first = code.ReadByte();
            OpCode opCode = OpCodesByValue[unchecked((short)(first == 0xFE ? 0xFE00 | code.ReadByte() : first))];
            switch (opCode.OperandType)
            {
                case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok or OperandType.InlineType:
                    if (Resolve(MetadataTokens.EntityHandle(code.ReadInt32())) is var (type, member, parameters))
                    {
                        uses.Add(new MemberUse(outermost, name, type, member, parameters));
                    }

                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                default:
                    code.Offset += OperandSize(opCode.OperandType);
                    break;
            }
        }
    }

    private static int OperandSize(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    /// <summary>The foreign type and member behind a token; null for what this assembly defines itself.</summary>
    private (string Type, string Member, string Parameters)? Resolve(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodSpecification:
                return Resolve(_metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method);
            case HandleKind.TypeReference:
                return (TypeNames.Of(_metadata, (TypeReferenceHandle)handle), "", "");
            case HandleKind.MemberReference:
                MemberReference member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                string? type = member.Parent.Kind switch
                {
                    HandleKind.TypeReference => TypeNames.Of(_metadata, (TypeReferenceHandle)member.Parent),
                    HandleKind.TypeSpecification => _metadata.GetTypeSpecification((TypeSpecificationHandle)member.Parent)
                        .DecodeSignature(TypeNames.Decoder, null),
                    _ => null,
                };
                return type is null ? null : (type, _metadata.GetString(member.Name), ParametersOf(member));
            default:
                return null;
        }
    }

    private static string ParametersOf(MemberReference member)
    {
        if (member.GetKind() != MemberReferenceKind.Method)
        {
            return "";
        }

        ImmutableArray<string> parameters = member.DecodeMethodSignature(TypeNames.Decoder, null).ParameterTypes;
        return parameters.IsEmpty ? "" : $"({string.Join(",", parameters)})";
    }

    private (string Outermost, string Nested) Owner(TypeDefinitionHandle handle)
    {
        string nested = "";
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
        {
            nested = _metadata.GetString(type.Name) + "." + nested;
            type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        }

        string space = _metadata.GetString(type.Namespace);
        return ((space.Length == 0 ? "" : space + ".") + _metadata.GetString(type.Name), nested);
    }
}
