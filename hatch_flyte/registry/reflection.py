"""gRPC server reflection: what services there are and what their messages look like, for grpcurl and its like.

Owns grpc.reflection.v1 and v1alpha, which are alike on the wire, and the descriptors of these and of gRPC's health
service. grpcio-reflection would add a package, and with each of its releases raise what grpcio and protobuf must be.
Knows no grpc: it takes a request's bytes and returns the answer's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

from hatch_flyte.registry.methods.health import SERVICE as HEALTH
from hatch_flyte.status_code import Code
from hatch_flyte.wire.messages import message_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGES: Final = ("grpc.reflection.v1", "grpc.reflection.v1alpha")
METHOD: Final = "ServerReflectionInfo"

_TEXT: Final = FieldDescriptorProto.TYPE_STRING
_NUMBER: Final = FieldDescriptorProto.TYPE_INT32
_BYTES: Final = FieldDescriptorProto.TYPE_BYTES

_MESSAGES: Final[Mapping[str, Iterable[tuple[int, str, Any, str]]]] = {
    "ServerReflectionRequest": [
        (1, "host", _TEXT, ""),
        (3, "file_by_filename", _TEXT, "message_request"),
        (4, "file_containing_symbol", _TEXT, "message_request"),
        (5, "file_containing_extension", "ExtensionRequest", "message_request"),
        (6, "all_extension_numbers_of_type", _TEXT, "message_request"),
        (7, "list_services", _TEXT, "message_request"),
    ],
    "ExtensionRequest": [(1, "containing_type", _TEXT, ""), (2, "extension_number", _NUMBER, "")],
    "ServerReflectionResponse": [
        (1, "valid_host", _TEXT, ""),
        (2, "original_request", "ServerReflectionRequest", ""),
        (4, "file_descriptor_response", "FileDescriptorResponse", "message_response"),
        (5, "all_extension_numbers_response", "ExtensionNumberResponse", "message_response"),
        (6, "list_services_response", "ListServiceResponse", "message_response"),
        (7, "error_response", "ErrorResponse", "message_response"),
    ],
    "FileDescriptorResponse": [(1, "file_descriptor_proto", _BYTES, "repeated")],
    "ExtensionNumberResponse": [(1, "base_type_name", _TEXT, ""), (2, "extension_number", _NUMBER, "repeated")],
    "ListServiceResponse": [(1, "service", "ServiceResponse", "repeated")],
    "ServiceResponse": [(1, "name", _TEXT, "")],
    "ErrorResponse": [(1, "error_code", _NUMBER, ""), (2, "error_message", _TEXT, "")],
}
"""Messages of reflection.proto: number, name, type, and `repeated` or the oneof of each field."""


class Reflection:
    """Answers questions about `services`, the full names of what is offered besides reflection itself."""

    def __init__(self, services: Iterable[str]) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        files = [*(_reflection_file(package) for package in PACKAGES), _health_file()]
        for file in files:
            self._pool.AddSerializedFile(file.SerializeToString())
        self._services = sorted({*services, *(f"{package}.ServerReflection" for package in PACKAGES)})
        self._request, self._response = (
            message_class(self._pool.FindMessageTypeByName(f"{PACKAGES[0]}.ServerReflection{word}"))
            for word in ("Request", "Response")
        )

    def answer(self, data: bytes) -> bytes:
        """Return the answer to a request. Raises protobuf's `DecodeError`."""
        request = self._request.FromString(data)
        response = self._response(valid_host=request.host, original_request=request)
        asked = request.WhichOneof("message_request")
        if asked == "list_services":
            response.list_services_response.SetInParent()
            for name in self._services:
                response.list_services_response.service.add(name=name)
        elif asked in {"file_by_filename", "file_containing_symbol"}:
            self._describe(response, asked, getattr(request, asked))
        elif asked == "all_extension_numbers_of_type":
            response.all_extension_numbers_response.base_type_name = request.all_extension_numbers_of_type
        else:
            _refuse(response, Code.NOT_FOUND, "there are no extensions" if asked else "nothing is asked for")
        return bytes(response.SerializeToString())

    def _describe(self, response: Any, asked: str, name: str) -> None:
        find = _file_of_symbol if asked == "file_containing_symbol" else _file
        for pool in (self._pool, descriptor_pool.Default()):
            try:
                found = find(pool, name)
            except KeyError:
                continue
            response.file_descriptor_response.file_descriptor_proto.append(found.serialized_pb)
            return
        _refuse(response, Code.NOT_FOUND, f"not found: {name}")


def _file(pool: Any, name: str) -> Any:
    return pool.FindFileByName(name)


def _file_of_symbol(pool: Any, name: str) -> Any:
    """Return the file of a symbol; of a method, which Python's pools don't find, that of its service."""
    try:
        return pool.FindFileContainingSymbol(name)
    except KeyError:
        service, _, method = name.rpartition(".")
        return pool.FindServiceByName(service).methods_by_name[method].containing_service.file


def _refuse(response: Any, code: Code, text: str) -> None:
    response.error_response.error_code = int(code)
    response.error_response.error_message = text


def _reflection_file(package: str) -> FileDescriptorProto:
    file = FileDescriptorProto(name=f"{package.replace('.', '/')}/reflection.proto", package=package, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, type_, place in fields:
            added = message.field.add(name=field, number=number)
            added.label = added.LABEL_REPEATED if place == "repeated" else added.LABEL_OPTIONAL
            if isinstance(type_, str):
                added.type, added.type_name = added.TYPE_MESSAGE, f".{package}.{type_}"
            else:
                added.type = type_
            if place and place != "repeated":
                if not message.oneof_decl:
                    message.oneof_decl.add(name=place)
                added.oneof_index = 0
    method = file.service.add(name="ServerReflection").method.add(name=METHOD)
    method.input_type, method.output_type = (f".{package}.ServerReflection{word}" for word in ("Request", "Response"))
    method.client_streaming = method.server_streaming = True
    return file


def _health_file() -> FileDescriptorProto:
    package, _, service = HEALTH.rpartition(".")
    file = FileDescriptorProto(name="grpc/health/v1/health.proto", package=package, syntax="proto3")
    request = file.message_type.add(name="HealthCheckRequest")
    request.field.add(name="service", number=1, type=_TEXT, label=FieldDescriptorProto.LABEL_OPTIONAL)
    response = file.message_type.add(name="HealthCheckResponse")
    statuses = response.enum_type.add(name="ServingStatus")
    for number, name in enumerate(("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")):
        statuses.value.add(name=name, number=number)
    response.field.add(
        name="status",
        number=1,
        type=FieldDescriptorProto.TYPE_ENUM,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        type_name=f".{package}.HealthCheckResponse.ServingStatus",
    )
    methods = file.service.add(name=service).method
    for name, streams in (("Check", False), ("Watch", True)):
        types = {
            f"{way}_type": f".{package}.HealthCheck{word}"
            for way, word in (("input", "Request"), ("output", "Response"))
        }
        methods.add(name=name, server_streaming=streams, **types)
    return file
