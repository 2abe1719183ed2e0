"""A user's machine in tests: programs in virtual environments, `hatch-flyte serve`, and a proxy that looks on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest
from unreleased import environ_offering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOOLS = Path(sys.executable).parent
LOOPBACK = "127.0.0.1"
READY = re.compile(r"ready: gRPC at (\S+), uploads at (\S+), registry (.+)")
NOT_A_USERS = frozenset({"CI", "PYTHONDONTWRITEBYTECODE", "PYTHONWARNINGS"})
"""Variables of test runs that a user's shell does not have."""


def tool(name: str) -> str:
    """Return the program `name` of the environment that runs the tests, or else the machine's."""
    path = shutil.which(name, path=f"{TOOLS}{os.pathsep}{os.environ['PATH']}")
    assert path, f"{name} is not installed"
    return path


@dataclass(frozen=True)
class Venv:
    """A virtual environment whose programs run as a user's would, in `home`."""

    folder: Path
    environ: dict[str, str]

    @classmethod
    def make(cls, folder: Path, offered: Path, *requirements: str, python: str = sys.executable) -> Venv:
        """Make an environment of `requirements`, to which the wheels in `offered` belong as if an index had them."""
        environ = environ_offering(offered, os.environ) | {"NO_COLOR": "1", "HOME": str(folder / "home")}
        environ = {name: value for name, value in environ.items() if name not in NOT_A_USERS}
        environ["UV_CACHE_DIR"] = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")
        venv = cls(folder, environ)
        venv.call(tool("uv"), "venv", "-q", "--python", python, str(folder))
        venv.folder.joinpath("home").mkdir()
        venv.install(*requirements)
        return venv

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def install(self, *arguments: str) -> None:
        self.call(tool("uv"), "pip", "install", "-q", "--python", self.python, *arguments)

    def call(self, *command: str, cwd: Path | None = None, code: int = 0, **variables: Any) -> str:
        """Run a program of this environment, or by its path; return its standard output."""
        done = subprocess.run(
            [self._program(command[0]), *command[1:]],
            cwd=cwd,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *command: str, cwd: Path, **variables: str) -> subprocess.Popen[str]:
        """Start a program of this environment; what it says on its standard output can be read."""
        return subprocess.Popen(
            [self._program(command[0]), *command[1:]],
            cwd=cwd,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def publish(self, *arguments: str, cwd: Path, code: int = 0, **variables: Any) -> dict[str, Any]:
        """Run `hatch-flyte publish --json` in `cwd`; return the report of each cluster, by its name."""
        said = self.call("hatch-flyte", "publish", "--json", *arguments, cwd=cwd, code=code, **variables)
        report = json.loads(said)
        assert report["exit_code"] == code
        return {cluster["cluster"]: cluster for cluster in report["clusters"]}

    def _program(self, name: str) -> str:
        return str(self.folder / "bin" / name) if os.sep not in name else name


@dataclass(frozen=True)
class Builds:
    """What was built of the example project: its wheel, and archives of version 0.3.0."""

    wheel: Path
    image: Path
    """The archive of the wheel, with `code = "image"`."""
    bundled: Path
    """The archive of the wheel, with `code = "wheel"`."""
    changed: Path
    """An archive as `image`, of sources in which one task has a limit of memory and there is one task more."""


@dataclass(frozen=True)
class Served:
    """A `hatch-flyte serve` that runs."""

    process: subprocess.Popen[str]
    address: str
    """`HOST:PORT` of gRPC."""

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        self.process.communicate()


def port_to_keep() -> int:
    """Return a free port that a server can be started at again: below those that systems lend to outgoing connections.

    A port of that range may be lent in the moment in which nobody listens at it.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 # no secret
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def serving(venv: Venv, data: Path, *, port: int = 0) -> Iterator[Served]:
    """Run `hatch-flyte serve` over the folder `data`; end it with SIGTERM, unless it was killed."""
    command = ("hatch-flyte", "serve", "--port", str(port), "--data", str(data))
    process = venv.start(*command, cwd=data.parent)
    try:
        assert process.stdout is not None
        ready = READY.match(line := process.stdout.readline())
        if ready is None:
            process.terminate()
            raise AssertionError(f"serve said {line!r}, and {process.communicate()}")
        yield Served(process, ready[1])
    finally:
        running = process.poll() is None
        process.terminate()
        process.communicate()
    if running:
        assert process.returncode == 0


@dataclass(frozen=True)
class Call:
    """One call of a client: the method's bare name, and the request."""

    method: str
    request: bytes

    @property
    def writes(self) -> bool:
        """Whether it writes; to ask for an upload location is the first half of an upload if it brings the MD5."""
        if self.method == "CreateUploadLocation":
            return bool(CreateUploadLocationRequest.FromString(self.request).content_md5)
        return not self.method.startswith(("Get", "List"))


@dataclass
class Recorder:
    """What a proxy saw, and who is told when."""

    calls: list[Call] = field(default_factory=list)
    acknowledged: list[Call] = field(default_factory=list)
    """The calls that were answered with OK, put down before the client has the answer."""
    on_call: Callable[[Call], None] = lambda _call: None
    on_answer: Callable[[Call], None] = lambda _call: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.writes]

    @property
    def uploads(self) -> int:
        return sum(call.method == "CreateUploadLocation" for call in self.writes)


class _Proxy(grpc.GenericRpcHandler):  # type: ignore[type-arg] # it takes arguments in its stubs alone
    """Passes every call on."""

    def __init__(self, channel: grpc.Channel, recorder: Recorder) -> None:
        self._channel, self._recorder = channel, recorder

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        return grpc.unary_unary_rpc_method_handler(partial(self._pass_on, handler_call_details.method))

    def _pass_on(self, path: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        call, recorder = Call(path.rpartition("/")[2], request), self._recorder
        with recorder.lock:
            recorder.calls.append(call)
        recorder.on_call(call)
        try:
            answer: bytes = self._channel.unary_unary(path, bytes, bytes)(request, timeout=30)
        except grpc.RpcError as problem:
            metadata: Any = problem.trailing_metadata() or ()
            context.set_trailing_metadata(metadata)
            context.abort(problem.code(), problem.details() or "")
        with recorder.lock:
            recorder.acknowledged.append(call)
        recorder.on_answer(call)
        return answer


@contextlib.contextmanager
def recording(target: str, recorder: Recorder) -> Iterator[str]:
    """Give an address that leads to the gRPC server at `target`; every call is put down in `recorder`."""
    channel_options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 100)]
    with grpc.insecure_channel(target, channel_options) as channel, ThreadPoolExecutor(40) as threads:
        server = grpc.server(threads, handlers=[_Proxy(channel, recorder)])
        port = server.add_insecure_port(f"{LOOPBACK}:0")
        server.start()
        try:
            yield f"{LOOPBACK}:{port}"
        finally:
            server.stop(None).wait()


class Watched:
    """A registry's folder, looked at from beside."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._connection = sqlite3.connect(f"file:{data}/registry.sqlite3?mode=ro", uri=True)

    def close(self) -> None:
        self._connection.close()

    def rows(self) -> list[tuple[Any, ...]]:
        """Return what the registry holds: kind, name, version and content, the oldest first."""
        statement = "SELECT kind, name, version, created_at, brief, whole FROM entities ORDER BY id"
        return self._connection.execute(statement).fetchall()

    def active(self, version: str) -> frozenset[str]:
        """Return the names of the launch plans of which this version is the active one."""
        statement = "SELECT name FROM entities WHERE active AND version = ?"
        return frozenset(name for (name,) in self._connection.execute(statement, (version,)))

    def count(self) -> int:
        [number] = self._connection.execute("SELECT count(*) FROM entities").fetchone()
        return int(number)

    def state(self) -> tuple[Any, ...]:
        """Return what any write would change: SQLite's count of foreign commits, every row, every file stored."""
        [version] = self._connection.execute("PRAGMA data_version").fetchone()
        files = sorted((str(path), path.stat().st_mtime_ns) for path in self._data.glob("blobs/**/*"))
        return version, tuple(self._connection.iterdump()), files


@contextlib.contextmanager
def watching(data: Path) -> Iterator[Watched]:
    """Look at the registry in the folder `data` while others use it."""
    with contextlib.closing(Watched(data)) as watched:
        yield watched


def write_clusters(folder: Path, **endpoints: str) -> Path:
    """Write a `pyproject.toml` that names clusters and nothing else into `folder`; return the folder."""
    (folder / "pyproject.toml").write_text("\n".join(cluster_table(*one) for one in endpoints.items()))
    return folder


def cluster_table(name: str, endpoint: str) -> str:
    """Return the configuration of a cluster, in TOML."""
    return (
        f'[tool.hatch-flyte.clusters.{name}]\nendpoint = "dns:///{endpoint}"\n'
        'project = "flytesnacks"\ndomain = "development"\n'
    )
