using GoQueue.Contracts.Health;
using GoQueue.Contracts.Rpc;
using GoQueue.Contracts.V1;
using GoQueue.Server.Administration;
using GoQueue.Server.Grpc.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using V1 = GoQueue.Contracts.Reflection.V1;
using V1Alpha = GoQueue.Contracts.Reflection.V1Alpha;

namespace GoQueue.Server.Grpc.Services;

/// <summary>
/// Server reflection, v1 and v1alpha, over the descriptors that were generated with the messages. The two have the same fields under the same
/// numbers, so one implementation reads and writes both with the types of v1.
/// </summary>
internal sealed class ReflectionService : IGrpcService
{
    private const string V1Name = "grpc.reflection.v1.ServerReflection";
    private const string V1AlphaName = "grpc.reflection.v1alpha.ServerReflection";

    private static readonly string[] Services = [GoQueueService.Name, ClusterService.Name, "grpc.health.v1.Health", V1Name, V1AlphaName];

    private readonly Dictionary<string, FileDescriptor> filesByName = [];
    private readonly Dictionary<string, FileDescriptor> filesBySymbol = [];

    public ReflectionService()
    {
        foreach (FileDescriptor root in (FileDescriptor[])
        [
            GoqueueReflection.Descriptor,
            ClusterReflection.Descriptor,
            HealthReflection.Descriptor,
            StatusReflection.Descriptor,
            ErrorDetailsReflection.Descriptor,
            V1.ReflectionReflection.Descriptor,
            V1Alpha.ReflectionReflection.Descriptor,
        ])
        {
            Add(root);
        }
    }

    public IEnumerable<GrpcMethod> Methods =>
    [
        new GrpcMethod($"/{V1Name}/ServerReflectionInfo", GrpcTraits.EndsWithTheNode | GrpcTraits.WhileStarting, AnswerAsync),
        new GrpcMethod($"/{V1AlphaName}/ServerReflectionInfo", GrpcTraits.EndsWithTheNode | GrpcTraits.WhileStarting, AnswerAsync),
    ];

    private async ValueTask<GrpcStatus> AnswerAsync(GrpcCall call)
    {
        while (true)
        {
            switch (call.Reader.TryNext())
            {
                case MessageRead.Message:
                    (V1.ServerReflectionRequest? request, GrpcStatus status) =
                        SingleMessage.Parse(call.Reader.Payload, V1.ServerReflectionRequest.Parser);
                    if (request is null)
                    {
                        return status;
                    }

                    call.Write(Answer(request));
                    if (!await call.FlushAsync())
                    {
                        return call.WhyCancelled();
                    }

                    break;
                case MessageRead.End:
                    return GrpcStatus.Ok;
                case MessageRead.Failed:
                    return call.Reader.Failure;
                case MessageRead.Interrupted:
                    return call.WhyCancelled();
                default:
                    await call.Reader.FillAsync();
                    break;
            }
        }
    }

    private V1.ServerReflectionResponse Answer(V1.ServerReflectionRequest request)
    {
        V1.ServerReflectionResponse response = new() { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case V1.ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new V1.ListServiceResponse();
                response.ListServicesResponse.Service.AddRange(Services.Select(name => new V1.ServiceResponse { Name = name }));
                break;
            case V1.ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                AnswerFile(response, filesByName, request.FileByFilename);
                break;
            case V1.ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                AnswerFile(response, filesBySymbol, request.FileContainingSymbol);
                break;
            case V1.ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                response.ErrorResponse = NotFound($"{request.FileContainingExtension.ContainingType} has no extensions");
                break;
            case V1.ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                response.AllExtensionNumbersResponse = new V1.ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType };
                break;
            default:
                response.ErrorResponse = new V1.ErrorResponse
                {
                    ErrorCode = (int)GrpcStatusCode.InvalidArgument,
                    ErrorMessage = "the request asks for nothing",
                };
                break;
        }

        return response;
    }

    /// <summary>The file and everything it imports, so that one answer is enough.</summary>
    private static void AnswerFile(V1.ServerReflectionResponse response, Dictionary<string, FileDescriptor> index, string name)
    {
        if (!index.TryGetValue(name, out FileDescriptor? file))
        {
            response.ErrorResponse = NotFound($"there is no '{name}' here");
            return;
        }

        List<ByteString> files = [];
        Collect(file, files, []);
        response.FileDescriptorResponse = new V1.FileDescriptorResponse { FileDescriptorProto = { files } };

        static void Collect(FileDescriptor file, List<ByteString> files, HashSet<string> seen)
        {
            if (seen.Add(file.Name))
            {
                files.Add(file.SerializedData);
                foreach (FileDescriptor import in file.Dependencies)
                {
                    Collect(import, files, seen);
                }
            }
        }
    }

    private static V1.ErrorResponse NotFound(string message) => new() { ErrorCode = (int)GrpcStatusCode.NotFound, ErrorMessage = message };

    private void Add(FileDescriptor file)
    {
        if (!filesByName.TryAdd(file.Name, file))
        {
            return;
        }

        foreach (FileDescriptor import in file.Dependencies)
        {
            Add(import);
        }

        foreach (Google.Protobuf.Reflection.ServiceDescriptor service in file.Services)
        {
            filesBySymbol[service.FullName] = file;
            foreach (MethodDescriptor method in service.Methods)
            {
                filesBySymbol[method.FullName] = file;
            }
        }

        foreach (EnumDescriptor type in file.EnumTypes)
        {
            filesBySymbol[type.FullName] = file;
        }

        foreach (MessageDescriptor type in file.MessageTypes)
        {
            AddMessage(file, type);
        }
    }

    private void AddMessage(FileDescriptor file, MessageDescriptor type)
    {
        filesBySymbol[type.FullName] = file;
        foreach (EnumDescriptor nested in type.EnumTypes)
        {
            filesBySymbol[nested.FullName] = file;
        }

        foreach (MessageDescriptor nested in type.NestedTypes)
        {
            AddMessage(file, nested);
        }
    }
}
