"""Measure the local registry: how much it takes and gives over gRPC, where the time goes, and what size does to it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc.aio
from flyteidl.admin.common_pb2 import ObjectGetRequest, ResourceListRequest, Sort
from flyteidl.admin.task_pb2 import Task, TaskCreateRequest, TaskCreateResponse, TaskList, TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest, WorkflowCreateResponse, WorkflowSpec
from flyteidl.core.interface_pb2 import TypedInterface, Variable
from flyteidl.core.tasks_pb2 import Container, RuntimeMetadata, TaskMetadata, TaskTemplate
from flyteidl.core.types_pb2 import INTEGER, LiteralType

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.required import Required
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.compiler.requirements import requirements, workflow_index
from hatch_flyte.rules.compiler.task_compiler import compile_task
from hatch_flyte.rules.compiler.workflow_compiler import compile_required
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
    from google.protobuf.message import Message

    from hatch_flyte.registry.store import Entity

PROJECT, DOMAIN = "flytesnacks", "development"
NODES = 10
AT_ONCE = 32
CREATED = {Kind.TASK: 4000, Kind.WORKFLOW: 1000}
READ = 8000
REGISTERED = (1_000, 100_000)
COMPILED = (10, 100, 1_000)
_ADMIN = "/flyteidl.service.AdminService"


def identifier(kind: Kind, name: str, version: str = "1") -> IdentifierMessage:
    """Return an identifier in the first project."""
    return from_identifier(Identifier(kind, PROJECT, DOMAIN, name, version))


def task() -> TaskSpec:
    """Return a task much as flytekit makes it: from an integer to an integer."""
    number = Variable(type=LiteralType(simple=INTEGER), description="a number")
    interface = TypedInterface()
    interface.inputs.variables["a"].CopyFrom(number)
    interface.outputs.variables["o0"].CopyFrom(number)
    arguments = [
        *("pyflyte-execute", "--inputs", "{{.input}}", "--output-prefix", "{{.outputPrefix}}"),
        *("--raw-output-data-prefix", "{{.rawOutputDataPrefix}}", "--checkpoint-path", "{{.checkpointOutputPrefix}}"),
        *("--prev-checkpoint", "{{.prevCheckpointPrefix}}", "--resolver", "flytekit.core.python_auto_container"),
        *("--", "task-module", "load.tasks", "task-name", "step"),
    ]
    runtime = RuntimeMetadata(type=RuntimeMetadata.FLYTE_SDK, version="1.16.31", flavor="python")
    return TaskSpec(
        template=TaskTemplate(
            type="python-task",
            metadata=TaskMetadata(runtime=runtime),
            interface=interface,
            container=Container(image="ghcr.io/acme/load:1.0", args=arguments),
        )
    )


def workflow(steps: Sequence[IdentifierMessage]) -> WorkflowSpec:
    """Return a workflow that hands a number from step to step."""
    spec = WorkflowSpec()
    template = spec.template
    template.interface.CopyFrom(task().template.interface)
    last = ("", "a")
    for number, step in enumerate(steps):
        node = template.nodes.add(id=f"n{number}", upstream_node_ids=[last[0]] if last[0] else [])
        node.metadata.name = step.name
        node.task_node.reference_id.CopyFrom(step)
        binding = node.inputs.add(var="a").binding.promise
        binding.node_id, binding.var = last
        last = (node.id, "o0")
    output = template.outputs.add(var="o0").binding.promise
    output.node_id, output.var = last
    return spec


@dataclass(frozen=True)
class Call:
    """A method, and how its messages are read and written."""

    method: str
    request: type[Message]
    response: type[Message]


CREATE = {
    Kind.TASK: Call("CreateTask", TaskCreateRequest, TaskCreateResponse),
    Kind.WORKFLOW: Call("CreateWorkflow", WorkflowCreateRequest, WorkflowCreateResponse),
}
GET = Call("GetTask", ObjectGetRequest, Task)
LIST = Call("ListTasks", ResourceListRequest, TaskList)


async def rate(port: int, call: Call, requests: Iterable[Message]) -> float:
    """Return how many of these requests are answered in a second, some at once over one connection."""
    todo = list(requests)
    waiting = iter(todo)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        method: Any = channel.unary_unary(
            f"{_ADMIN}/{call.method}",
            request_serializer=call.request.SerializeToString,
            response_deserializer=call.response.FromString,
        )

        async def worker() -> None:
            for request in waiting:
                await method(request)

        begin = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return len(todo) / (time.perf_counter() - begin)


def creates(kind: Kind, count: int) -> Iterator[tuple[IdentifierMessage, Message]]:
    """Yield what is created: tasks each of its name, or workflows over the first of them."""
    spec = task() if kind is Kind.TASK else workflow([identifier(Kind.TASK, f"t{node}") for node in range(NODES)])
    for number in range(count):
        yield identifier(kind, f"{kind.name[0].lower()}{number}"), spec


def rate_rows(server: Callable[[], Any]) -> tuple[list[str], dict[Kind, float]]:
    """Measure creates and reads over gRPC, against an empty registry."""
    rates = {}
    with server() as port:
        for kind, count in CREATED.items():
            call = CREATE[kind]
            requests = [call.request(id=name, spec=spec) for name, spec in creates(kind, count)]
            rates[kind] = asyncio.run(rate(port, call, requests))
        names = [identifier(Kind.TASK, f"t{number % CREATED[Kind.TASK]}") for number in range(READ)]
        reads = asyncio.run(rate(port, GET, [ObjectGetRequest(id=name) for name in names]))
    with echo() as port:
        most = asyncio.run(rate(port, GET, [ObjectGetRequest(id=name) for name in names]))
    measured = {
        "`CreateTask`": rates[Kind.TASK],
        f"`CreateWorkflow`, {NODES} nodes": rates[Kind.WORKFLOW],
        "`GetTask`": reads,
        "a server whose methods do nothing": most,
    }
    return [f"| {what} | {each:,.0f} | **{each / most:.2f}** |" for what, each in measured.items()], rates


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """Run a gRPC server whose methods do nothing; give its port."""
    command = [sys.executable, str(Path(__file__).with_name("echo.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.kill()


class TimedStore(Store):
    """A store that knows how long it took to write."""

    seconds = 0.0

    def insert(self, entity: Entity) -> bool:
        """Do it, and count the time."""
        begin = time.perf_counter()
        done = super().insert(entity)
        self.seconds += time.perf_counter() - begin
        return done


def share_rows(folder: Path, rates: dict[Kind, float]) -> Iterator[str]:
    """Measure what a create takes in the process, and what of it is whose; what a call takes besides is gRPC's."""
    with closing(TimedStore(folder)) as store:
        plane = ControlPlane(store)
        for kind, count in CREATED.items():
            store.seconds = 0.0
            whole = _seconds(lambda one: plane.create(*one), [(kind, *one) for one in creates(kind, count)])
            writing = store.seconds / count
            compiling = _compiling(store, kind, count)
            over_grpc = 1 / rates[kind]
            parts = (over_grpc, compiling, whole - compiling - writing, writing, over_grpc - whole)
            yield f"| {kind.value} | {' | '.join(f'{1e6 * part:,.0f} µs' for part in parts)} |"


def _seconds(work: Callable[[Any], object], todo: Sequence[Any]) -> float:
    """Return what one piece of work takes, of many."""
    begin = time.perf_counter()
    for one in todo:
        work(one)
    return (time.perf_counter() - begin) / len(todo)


def _compiling(store: Store, kind: Kind, count: int) -> float:
    """Return what the compiler takes for an entity, with what it looks up."""
    if kind is Kind.TASK:
        return _seconds(lambda one: compile_task(one[1].template), list(creates(kind, count)))
    return _seconds(lambda one: _compile_workflow(store, *one), list(creates(kind, count)))


def _compile_workflow(store: Store, name: IdentifierMessage, spec: Any) -> None:
    index = workflow_index(spec.sub_workflows)
    required = requirements(spec.template, index)
    problems = compile_required(spec.template, index, required, Required(store, name, required).references)
    if problems:
        raise SystemExit(f"a workflow does not compile: {problems}")


def compile_rows() -> Iterator[str]:
    """Measure how the compiler grows with a workflow's nodes."""
    with closing(Store(None)) as store:
        plane = ControlPlane(store)
        for name, spec in creates(Kind.TASK, NODES):
            plane.create(Kind.TASK, name, spec)
        for nodes in COMPILED:
            spec = workflow([identifier(Kind.TASK, f"t{node % NODES}") for node in range(nodes)])
            name = identifier(Kind.WORKFLOW, "w")
            seconds = min(_seconds(lambda one: _compile_workflow(store, *one), [(name, spec)]) for _ in range(5))
            yield f"| {nodes:,} | {1e3 * seconds:.1f} ms | {1e6 * seconds / nodes:.0f} µs |"


def fill(folder: Path, count: int) -> None:
    """Register versions of a hundred tasks in turn until there are `count`; what is there is refused."""
    with closing(Store(folder)) as store:
        plane, spec = ControlPlane(store), task()
        for number in range(count):
            with contextlib.suppress(RefusalError):
                plane.create(Kind.TASK, identifier(Kind.TASK, f"t{number % 100}", f"v{number // 100}"), spec)


def list_request(**fields: Any) -> ResourceListRequest:
    """Return what asks for a list of a hundred entities, unless `fields` say otherwise."""
    name = fields.pop("name", "")
    request = ResourceListRequest(**{"limit": 100, **fields})
    request.id.project, request.id.domain, request.id.name = PROJECT, DOMAIN, name
    return request


def size_row(server: Callable[[Path], Any], ready: Callable[[Path], float], folder: Path, count: int) -> str:
    """Measure how soon a registry with `count` versions is ready, and what lists of it take."""
    newest = Sort(key="created_at", direction=Sort.DESCENDING)
    lists = (
        list_request(sort_by=newest),
        list_request(name="t7", sort_by=newest, limit=1),
        list_request(filters="eq(version,v7)"),
    )
    fill(folder, count)
    seconds = min(ready(folder) for _ in range(3))
    with server(folder) as port:
        milliseconds = [1000 / asyncio.run(rate(port, LIST, [request] * 300)) for request in lists]
    return f"| {count:,} | {seconds:.2f} s | {' | '.join(f'{each:.1f} ms' for each in milliseconds)} |"
