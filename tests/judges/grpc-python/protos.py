"""Messages and stubs made from proto/ by protoc and the Python runtime; nothing generated is kept."""
import os
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = os.path.join(os.environ.get("GOQUEUE_ROOT") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."), "proto")
FILES = [
    "goqueue/v1/goqueue.proto",
    "google/rpc/status.proto",
    "google/rpc/error_details.proto",
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
]


def _compile():
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "set")
        subprocess.run(["protoc", "-I", ROOT, "--include_imports", "--descriptor_set_out", out, *FILES], check=True)
        with open(out, "rb") as file:
            return descriptor_pb2.FileDescriptorSet.FromString(file.read())


SET = _compile()
POOL = descriptor_pool.DescriptorPool()
for _file in SET.file:
    POOL.Add(_file)
_FACTORY = message_factory.MessageFactory(POOL)


def message(name):
    """The class of a message by its full name."""
    return _FACTORY.GetPrototype(POOL.FindMessageTypeByName(name))


def enum(name):
    """Numbers of an enum by their names."""
    return {value.name: value.number for value in POOL.FindEnumTypeByName(name).values}


class Stub:
    """The methods of a service as callables, by the names in the proto."""

    def __init__(self, channel, service):
        described = POOL.FindServiceByName(service)
        by_name = {m.name: m for file in SET.file for s in file.service if f"{file.package}.{s.name}" == service for m in s.method}
        for method in described.methods:
            shape = by_name[method.name]
            kind = {(False, False): channel.unary_unary, (False, True): channel.unary_stream, (True, False): channel.stream_unary, (True, True): channel.stream_stream}
            make = kind[(shape.client_streaming, shape.server_streaming)]
            request, response = _FACTORY.GetPrototype(method.input_type), _FACTORY.GetPrototype(method.output_type)
            setattr(self, method.name, make(f"/{service}/{method.name}", request_serializer=request.SerializeToString, response_deserializer=response.FromString))
