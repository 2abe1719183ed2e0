"""The worker: unpacks a wheel, imports its modules, and lets flytekit turn them into protobufs.

One file, standard library and flytekit only, Python 3.9 syntax: the parent sends its source to any interpreter, so
hatch-flyte need not be installed there and no folder be shared. It runs once in a process, because flytekit's registry
of entities is global. Everything comes and goes over the standard streams that it was started with, in frames: a
decimal length, a line feed, that many bytes. In: the request (JSON), the wheel. Out: the line `READY`, then JSON: `at`
(what is being done, for when it ends badly) and last `done`, followed by all protobufs in one frame, or `failed`.
Knows nothing of archives, registries or configuration.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
import importlib
import inspect
import json
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
import threading
import traceback
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READY = b"hatch-flyte worker 1\n"

_ANNOTATION = "hatch-flyte/distribution"
_CHUNK = 1 << 20
_FAST_PREFIX_LENGTH = 6
"""Words that flytekit puts before a task's command to have the code downloaded first, `--` included."""
_IMPORTING = "<frozen importlib"
_KINDS = {
    "flyteidl.admin.TaskSpec": "task",
    "flyteidl.admin.WorkflowSpec": "workflow",
    "flyteidl.admin.LaunchPlan": "launch plan",
}


class Failure(Exception):  # noqa: N818 # an answer like any other
    """What ends the work. `facts` go to the parent, which has the words for them."""

    def __init__(self, kind: str, **facts: Any) -> None:
        super().__init__(kind)
        self.facts = {"kind": kind, **facts}


class Streams:
    """The standard streams as they were; for the user's code, output goes to standard error and input is empty."""

    def __init__(self) -> None:
        self._requests = sys.stdin.buffer  # the object that read the source, and perhaps a little more
        self._results = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr] # the usual class
        self._results.write(READY)

    def receive(self) -> Any:
        """Return the next frame's JSON."""
        return json.loads(self._requests.read(int(self._requests.readline())))

    def receive_into(self, file: IO[bytes]) -> None:
        """Copy the next frame into `file`."""
        left = int(self._requests.readline())
        while left and (chunk := self._requests.read(min(left, _CHUNK))):
            file.write(chunk)
            left -= len(chunk)

    def send(self, message: dict[str, Any], *blobs: bytes) -> None:
        """Send a message, and `blobs` behind it as one frame if there are any."""
        for frame in [json.dumps(message).encode(), *([b"".join(blobs)] if blobs else [])]:
            self._results.write(b"%d\n" % len(frame))
            self._results.write(frame)
        self._results.flush()

    def empty_input(self, when_parent_goes: Callable[[], None]) -> None:
        """Give the user's code an empty standard input; call `when_parent_goes` once the real one is closed."""
        requests, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

        def watch() -> None:
            while os.read(requests, 1):
                pass
            when_parent_goes()

        threading.Thread(target=watch, daemon=True, name="hatch-flyte-watch").start()


class Workplace:
    """A temporary folder: the unpacked wheel, an empty working folder, and a place for temporary files."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hatch-flyte-")).resolve()
        self.root, self.empty, self.temporary = (self.folder / name for name in ("wheel", "empty", "temporary"))
        for folder in (self.root, self.empty, self.temporary):
            folder.mkdir()
        self._inside = f"{self.root}{os.sep}"
        self._lock = threading.Lock()

    def unpack(self, streams: Streams, files: list[tuple[str, str, bool]]) -> None:
        """Receive the wheel and lay out its `files`: name in the zip, name below the root, executable or not."""
        received = self.folder / "received.whl"
        try:
            with received.open("wb") as file:
                streams.receive_into(file)
            with zipfile.ZipFile(received) as archive:
                for member, name, executable in files:
                    self._lay_out(archive, member, self.root / name, 0o755 if executable else 0o644)
            received.unlink()
        except OSError as problem:  # a full disk, mostly
            raise Failure("room", folder=str(self.folder), error=problem.strerror or str(problem)) from problem
        except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as problem:
            raise Failure("wheel", error=str(problem)) from problem

    @staticmethod
    def _lay_out(archive: zipfile.ZipFile, member: str, target: Path, mode: int) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as content, target.open("wb") as file:
            shutil.copyfileobj(content, file)
        target.chmod(mode)

    def enter(self) -> None:
        """Go to the empty folder, and have the wheel first on `sys.path`, wherever the user's code has been since."""
        os.chdir(self.empty)
        root = str(self.root)
        sys.path[:] = [root, *(entry for entry in sys.path if entry != root)]

    def relative(self, path: str) -> str:
        """Return `path` below the root, with `/`; nothing if it lies elsewhere."""
        return path[len(self._inside) :].replace(os.sep, "/") if path.startswith(self._inside) else ""

    def without_root(self, text: str) -> str:
        """Return `text` with paths below the root made relative."""
        return text.replace(self._inside, "")

    def leave(self, code: int) -> NoReturn:
        """Remove the folder and end the process, whatever threads and exit functions the user's code left behind."""
        with self._lock:
            with contextlib.suppress(OSError):
                os.chdir(self.folder.parent)
            shutil.rmtree(self.folder, ignore_errors=True)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            os._exit(code)

    def shut_out_machine(self, sys_path: list[str] | None) -> None:
        """Hide what belongs to this machine and not to the wheel; before flytekit is imported."""
        for name in [name for name in os.environ if name.startswith(("FLYTE_", "FLYTECTL_", "_FLYTE", "_F_"))]:
            del os.environ[name]
        # With no configuration named, flytekit reads those of the home folder; of an empty file it makes an error.
        config = self.temporary / "flyte.yaml"
        config.write_text("hatch-flyte: {}\n", encoding="utf-8")
        os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temporary)))
        os.environ["FLYTECTL_CONFIG"] = str(config)
        os.environ["FLYTE_SDK_RICH_TRACEBACKS"] = "0"
        os.environ["GIT_CEILING_DIRECTORIES"] = str(self.folder)  # flytekit asks git what an image's source ignores
        tempfile.tempdir = None
        if sys_path is not None:
            sys.path[:] = sys_path
        os.chdir(self.empty)


class Traces:
    """Renders what the user's code raised: from its first frame on, without our frames, Python's and flytekit's."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._noise: tuple[str, ...] = (_IMPORTING, main.__code__.co_filename)
        self.hide(importlib)

    def hide(self, module: Any) -> None:
        """Leave out the frames of a package too."""
        self._noise = (*self._noise, f"{Path(module.__file__).parent}{os.sep}")

    def facts(self, problem: BaseException) -> dict[str, Any]:
        """Return the names of the exception's classes, its first line, the trace, its last frame, and an exit code."""
        report = traceback.TracebackException.from_exception(problem)
        self._cut(report)
        last = report.stack[-1] if report.stack else None
        lines = str(problem).splitlines()
        return {
            "types": [cls.__name__ for cls in type(problem).__mro__],
            "error": self._place.without_root(": ".join([type(problem).__name__, *lines[:1]])),
            "trace": self._place.without_root("".join(report.format())).rstrip(),
            "frame": f"{last.filename}:{last.lineno}" if last else "",
            "code": str(getattr(problem, "code", "")),
        }

    def _cut(self, report: traceback.TracebackException | None) -> None:
        if report is None:
            return
        frames = list(report.stack)
        first = next((i for i, frame in enumerate(frames) if self._place.relative(frame.filename)), len(frames))
        kept = [frame for frame in frames[first:] if not frame.filename.startswith(self._noise)]
        for frame in kept:
            _ = frame.line  # read now: the source is found under the absolute name only
            frame.filename = self._place.relative(frame.filename) or frame.filename
        report.stack[:] = kept
        self._cut(report.__cause__)
        self._cut(report.__context__)
        for inner in getattr(report, "exceptions", None) or ():
            self._cut(inner)


class Entities(list):  # type: ignore[type-arg] # generic at run time from Python 3.9 on, but flytekit's has no type
    """flytekit's registry of entities, which also remembers where each was made."""

    def __init__(self, entities: list[Any], place: Workplace) -> None:
        super().__init__(entities)
        self._place = place
        self._calls: dict[int, tuple[str, int]] = {}

    def append(self, entity: Any) -> None:
        """Add an entity that is being made."""
        self._calls[id(entity)] = self._call()
        super().append(entity)

    def _call(self) -> tuple[str, int]:
        frame = inspect.currentframe()
        while frame := frame and frame.f_back:
            if file := self._place.relative(frame.f_code.co_filename):
                return file, frame.f_lineno
            if frame.f_code.co_filename.startswith(_IMPORTING):
                break  # a library's own module makes it, while one of the wheel's imports that
        return "", 0

    def source(self, entity: Any) -> dict[str, Any]:
        """Return module, file (relative, empty outside of the wheel) and line of what the entity was made from."""
        maker = _function(entity)
        code = getattr(inspect.unwrap(maker), "__code__", None) if callable(maker) else None
        file, line = (self._place.relative(code.co_filename), code.co_firstlineno) if code else ("", 0)
        if not file:
            file, line = self._calls.get(id(entity), ("", 0))
        if not file and getattr(entity, "workflow", None) is not None:  # the default launch plan of a workflow
            return self.source(entity.workflow)
        module = re.sub(r"(/__init__)?\.\w+$", "", file).replace("/", ".")
        elsewhere = getattr(maker, "__module__", None) or getattr(entity, "_instantiated_in", None) or ""
        return {"module": module or elsewhere, "file": file, "line": line}


def _function(entity: Any) -> Any:
    return getattr(entity, "task_function", None) or getattr(entity, "_workflow_function", None)


class Flytekit:
    """flytekit, imported and kept from touching anything outside of this process."""

    def __init__(self, place: Workplace, destination: str) -> None:
        self.package = importlib.import_module("flytekit")
        self.version: str = self.package.__version__
        self._helpers = importlib.import_module("flytekit.tools.serialize_helpers")
        self.configuration = importlib.import_module("flytekit.configuration")
        translator = importlib.import_module("flytekit.tools.translator")
        self._contexts = importlib.import_module("flytekit.core.context_manager")
        self._underway: list[Any] = []
        self._translated: dict[Any, Any] = {}
        self.entities = self._contexts.FlyteEntities.entities = Entities(self._contexts.FlyteEntities.entities, place)
        modules: tuple[Any, ...] = (translator, self._helpers)
        for module in modules:
            module.get_serializable = self._traced(module.get_serializable)
        # Names end at the wheel's root, also where that has an `__init__.py` by mistake.
        flags = importlib.import_module("flytekit.configuration.feature_flags").FeatureFlags
        flags.FLYTE_PYTHON_PACKAGE_ROOT = str(place.root)
        self._keep_folder_out_of_context(destination)
        self._keep_docker_out()
        self._keep_folder_out_of_image_ids(str(place.root), destination)

    def _keep_folder_out_of_context(self, destination: str) -> None:
        """Let dynamic tasks carry `destination` as their source root (in `_F_SS_C`), not the temporary folder."""
        settings_class = self.configuration.SerializationSettings
        original = settings_class.serialized_context

        def serialized_context(settings: Any) -> Any:
            moved = copy.copy(settings)
            moved.source_root = destination
            return original.fget(moved)

        settings_class.serialized_context = property(serialized_context)

    def _keep_docker_out(self) -> None:
        """Let images keep the name that flytekit computes, and be neither looked for nor built."""
        images = importlib.import_module("flytekit.image_spec.image_spec")
        original = images.ImageBuildEngine.build

        def name_only(spec: Any) -> None:
            if isinstance(spec.base_image, images.ImageSpec):
                name_only(spec.base_image)
            if spec.builder == "noop":  # builds nothing: it says which image stands for this one
                original(spec)

        images.ImageBuildEngine.build = staticmethod(name_only)
        images.ImageSpec.exist = lambda _: True

    def _keep_folder_out_of_image_ids(self, root: str, destination: str) -> None:
        """Compute an image's id as if the code lay in `destination`, as the settings in `_F_SS_C` say at run time."""
        spec_class = importlib.import_module("flytekit.image_spec.image_spec").ImageSpec
        original = spec_class.id

        def image_id(spec: Any) -> Any:
            return original.func(_moved(spec, root, destination))

        spec_class.id = functools.cached_property(image_id)
        spec_class.id.__set_name__(spec_class, "id")

    def _traced(self, get_serializable: Any) -> Any:
        """Wrap flytekit's translation of one entity to know what is being translated, and into what."""

        def traced(mapping: Any, settings: Any, entity: Any, *args: Any, **kwargs: Any) -> Any:
            self._translated = mapping
            self._underway.append(entity)
            result = get_serializable(mapping, settings, entity, *args, **kwargs)
            self._underway.pop()
            return result

        return traced

    @contextlib.contextmanager
    def context(self, settings: Any) -> Iterator[Any]:
        """Set flytekit's current context up for serializing."""
        manager = self._contexts.FlyteContextManager
        with manager.with_context(manager.current_context().with_serialization_settings(settings)) as context:
            yield context

    def translate(self, context: Any) -> list[tuple[Any, Any]]:
        """Return flytekit's models in its order, each with the entity of the user's code."""
        models = self._helpers.get_registrable_entities(context)
        originals = {id(model): entity for entity, model in self._translated.items()}
        return [(model, originals[id(model)]) for model in models]

    def underway(self) -> Any:
        """Return the innermost task, workflow or launch plan that is being translated, or None."""
        return next((entity for entity in reversed(self._underway) if _kind(entity)), None)


def _kind(entity: Any) -> str:
    names = [cls.__name__ for cls in type(entity).__mro__]
    kinds = {"LaunchPlan": "launch plan", "WorkflowBase": "workflow", "PythonTask": "task"}
    return next((kind for name, kind in kinds.items() if name in names), "")


def _described(entity: Any) -> str:
    try:
        return f"{_kind(entity)} {entity.name}".strip()
    except Exception:  # noqa: BLE001 # the name can be what is wrong
        return _kind(entity)


def _moved(spec: Any, root: str, destination: str) -> Any:
    """Return a copy of a dataclass instance with `destination` for `root` in all of its texts."""

    def move(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(root, destination)
        if isinstance(value, (list, tuple)):
            return type(value)(map(move, value))
        if isinstance(value, dict):
            return {key: move(inner) for key, inner in value.items()}
        if isinstance(value, os.PathLike):
            return Path(move(os.fspath(value)))
        return _moved(value, root, destination) if dataclasses.is_dataclass(value) else value

    twin = copy.copy(spec)
    for field in dataclasses.fields(spec):
        object.__setattr__(twin, field.name, move(getattr(spec, field.name)))
    return twin


def normalize(message: Any, ownership: str | None) -> None:
    """Bring a protobuf into the one form that does not depend on memory addresses or on the order in a file."""
    kind = _KINDS[message.DESCRIPTOR.full_name]
    if kind == "task":
        args = list(message.template.container.args)
        prefix = args[:_FAST_PREFIX_LENGTH]
        # flytekit adds it twice where a workflow overrides the pod of a task that it meets before the task itself.
        if prefix[:1] == ["pyflyte-fast-execute"] and prefix == args[_FAST_PREFIX_LENGTH : 2 * _FAST_PREFIX_LENGTH]:
            del message.template.container.args[:_FAST_PREFIX_LENGTH]
    elif kind == "workflow":
        for template in (message.template, *message.sub_workflows):
            for node in (*template.nodes, template.failure_node):
                _sort_upstream(node)
    elif ownership:
        message.spec.annotations.values[_ANNOTATION] = ownership


def _sort_upstream(node: Any) -> None:
    # Written only where there is something to sort: writing to an unset failure node would set it.
    if len(node.upstream_node_ids) > 1:
        node.upstream_node_ids.sort()
    if node.HasField("branch_node"):
        choice = node.branch_node.if_else
        for branch in (choice.case, *choice.other):
            _sort_upstream(branch.then_node)
        _sort_upstream(choice.else_node)
    if node.HasField("array_node"):
        _sort_upstream(node.array_node.node)


class Worker:
    """One wheel from request to answer."""

    def __init__(self, streams: Streams, place: Workplace) -> None:
        self._streams, self._place, self._traces = streams, place, Traces(place)

    def run(self) -> None:
        """Answer the one request."""
        request = self._streams.receive()
        try:
            self._place.unpack(self._streams, request["files"])
            self._streams.empty_input(lambda: self._place.leave(1))
            message, blobs = self._serialize(request)
        except Failure as failure:
            message, blobs = {"failed": failure.facts}, []
        except BaseException:  # noqa: BLE001 # whatever it is, the parent is to hear of it
            message, blobs = {"failed": {"kind": "crash", "trace": traceback.format_exc()}}, []
        self._streams.send(message, *blobs)

    def _serialize(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        self._place.shut_out_machine(request["sys_path"])
        flytekit = self._load_flytekit(request["destination"])
        settings = self._settings(flytekit, request)
        with flytekit.context(settings) as context:
            self._import_all(request["modules"])
            translated = self._translate(flytekit, context)
            entities = [self._entity(flytekit, *pair, request["ownership"]) for pair in translated]
        done = {
            "python": platform.python_version(),
            "flytekit": flytekit.version,
            "image": settings.image_config.default_image.full,
            "entities": [{**facts, "size": len(data)} for facts, data in entities],
        }
        return {"done": done}, [b"", *(data for _, data in entities)]

    def _load_flytekit(self, destination: str) -> Flytekit:
        self._streams.send({"at": "importing flytekit"})
        try:
            flytekit = Flytekit(self._place, destination)
        except BaseException as problem:  # a foreign import can raise anything
            raise Failure(
                "flytekit",
                python=platform.python_version(),
                version=_version("flytekit"),
                error="".join(traceback.format_exception_only(type(problem), problem)).strip(),
            ) from problem
        self._traces.hide(flytekit.package)
        for number in (signal.SIGINT, signal.SIGTERM):  # flytekit sets one that lets exit functions run
            signal.signal(number, lambda *_: self._place.leave(1))
        return flytekit

    def _settings(self, flytekit: Flytekit, request: dict[str, Any]) -> Any:
        configuration, default = flytekit.configuration, request["image"]
        if default is None:
            try:
                default = importlib.import_module("flytekit.configuration.default_images").DefaultImages.default_image()
            except (ValueError, KeyError) as problem:
                raise Failure("stock", python=platform.python_version(), version=flytekit.version) from problem
        image = configuration.Image.look_up_image_info
        return configuration.SerializationSettings(
            image_config=configuration.ImageConfig.create_from(
                image("default", default), [image(name, value) for name, value in request["images"]]
            ),
            fast_serialization_settings=configuration.FastSerializationSettings(
                enabled=request["fast"], destination_dir=request["destination"]
            ),
            source_root=str(self._place.root),
        )

    def _import_all(self, names: list[str]) -> None:
        """Import all modules, and tell of all that fail, each cause once."""
        causes: dict[tuple[str, str], dict[str, Any]] = {}
        failed: dict[str, dict[str, Any]] = {}
        for name in names:
            cause = next((failed[package] for package in failed if name.startswith(package + ".")), None)
            if cause is None:
                facts = self._import(name)
                if facts is None:
                    continue
                cause = failed[name] = causes.setdefault((facts["error"], facts["frame"]), {**facts, "modules": []})
            cause["modules"].append(name)
        if causes:
            raise Failure("modules", causes=list(causes.values()))

    def _import(self, name: str) -> dict[str, Any] | None:
        self._streams.send({"at": f"importing {name}"})
        self._place.enter()
        try:
            importlib.import_module(name)
        except BaseException as problem:  # noqa: BLE001 # SystemExit and KeyboardInterrupt too: a module may raise them
            return self._traces.facts(problem)
        origin = getattr(sys.modules.get(name), "__file__", None)
        if origin and not self._place.relative(os.path.realpath(origin)):
            error = f"ImportError: expected the wheel's own module (got {origin}, which was imported before)"
            return {"types": ["ImportError"], "error": error, "trace": error, "frame": "", "code": ""}
        return None

    def _translate(self, flytekit: Flytekit, context: Any) -> list[tuple[Any, Any]]:
        self._streams.send({"at": "translating the entities"})
        self._place.enter()
        try:
            return flytekit.translate(context)
        except BaseException as problem:
            raise self._refusal(problem, flytekit, flytekit.underway()) from problem

    def _entity(
        self, flytekit: Flytekit, model: Any, original: Any, ownership: str | None
    ) -> tuple[dict[str, Any], bytes]:
        try:
            message = model.to_flyte_idl()
            normalize(message, ownership)
            data: bytes = message.SerializeToString(deterministic=True)
        except BaseException as problem:
            raise self._refusal(problem, flytekit, original) from problem
        kind = _KINDS[message.DESCRIPTOR.full_name]
        name = (message if kind == "launch plan" else message.template).id.name
        self._check_paths(f"{kind} {name}", data)
        activate = bool(getattr(model, "should_auto_activate", False))
        return {"kind": kind, "name": name, "activate": activate, **flytekit.entities.source(original)}, data

    def _refusal(self, problem: BaseException, flytekit: Flytekit, entity: Any) -> Failure:
        source = flytekit.entities.source(entity) if entity is not None else {}
        return Failure("entity", entity=_described(entity), source=source, **self._traces.facts(problem))

    def _check_paths(self, entity: str, data: bytes) -> None:
        """Refuse a protobuf that holds a path of this machine: no other machine has it, and no second run either."""
        found = re.search(re.escape(os.fsencode(self._place.folder)) + rb"[\x21-\x7e]*", data)
        if found:
            path = found.group().decode()
            stored = path.startswith(str(self._place.temporary))
            raise Failure("path", entity=entity, path=self._place.relative(path) or path, stored=stored)


def _version(distribution: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def main() -> NoReturn:
    """Work for the parent at the other end of the standard streams, once."""
    streams, place = Streams(), Workplace()
    try:
        Worker(streams, place).run()
    finally:
        place.leave(0)


if __name__ == "__main__":
    main()
