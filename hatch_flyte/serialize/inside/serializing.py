"""The worker: unpacks a wheel, imports its modules, and lets flytekit turn them into protobufs.

Asked with a JSON object (see `serialize.__init__`) and the wheel; answers with facts, each entity's
before its protobuf.
"""

from __future__ import annotations

import importlib
import os
import platform
import re
from typing import TYPE_CHECKING, Any, NoReturn

from hatch_flyte.serialize.inside.defaults import Defaults
from hatch_flyte.serialize.inside.entities import KINDS, described
from hatch_flyte.serialize.inside.imports import Importer
from hatch_flyte.serialize.inside.kit import Flytekit
from hatch_flyte.serialize.inside.loaders import image_of, loader_of
from hatch_flyte.serialize.inside.normalize import normalize, parts_of
from hatch_flyte.serialize.inside.program import Program, run
from hatch_flyte.serialize.inside.streams import Failure
from hatch_flyte.serialize.inside.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Serializer(Program):
    """One wheel from request to answer."""

    def work(self, request: dict[str, Any]) -> dict[str, Any]:
        """Serialize the wheel."""
        self.place.unpack(self.streams, request["files"])
        self.streams.empty_input(lambda: self.place.leave(1))
        self.place.shut_out_machine(request["sys_path"])
        variables = Variables(self.place)
        flytekit = self.load_flytekit(lambda: Flytekit(self.place, request["destination"]))
        self.traces.hide(flytekit.package)
        settings = self._settings(flytekit, request)
        defaults = flytekit.defaults = Defaults(request, flytekit.configuration)
        importer = Importer(self.streams, self.place, self.traces, request["seconds"])
        with flytekit.context(settings) as context:
            skipped = importer.import_all(request["modules"], request["optional"])
            translated = self._translate(flytekit, context, default_launch_plans=request["default_launch_plans"])
            for model, original in translated:
                facts, data = self._entity(flytekit, model, original, request["ownership"])
                self.streams.send({"part": {**facts, "variables": list(variables.found_in(data))}}, data)
        return {
            "python": platform.python_version(),
            "flytekit": flytekit.version,
            "image": settings.image_config.default_image.full,
            "skipped": skipped,
            "unbuilt": list(flytekit.images.unbuilt.values()),
            "used": sorted(defaults.used),
        }

    def _settings(self, flytekit: Flytekit, request: Mapping[str, Any]) -> Any:
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
            source_root=str(self.place.root),
        )

    def _translate(self, flytekit: Flytekit, context: Any, *, default_launch_plans: bool) -> Iterator[tuple[Any, Any]]:
        self.streams.send({"at": "translating the entities"})
        self.place.enter()
        try:
            return flytekit.translate(context, default_launch_plans=default_launch_plans)
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
        kind = KINDS[message.DESCRIPTOR.full_name]
        name = (message if kind == "launch plan" else message.template).id.name
        source = flytekit.entities.source(original)
        self._check_paths(message, {"entity": f"{kind} {name}", "source": source}, data)
        activate = bool(getattr(model, "should_auto_activate", False))
        task = {"loader": loader_of(message), "image": image_of(message)} if kind == "task" else {}
        return {"kind": kind, "name": name, "activate": activate, **task, **source}, data

    def _refusal(self, problem: BaseException, flytekit: Flytekit, entity: Any) -> Failure:
        source = flytekit.entities.source(entity) if entity is not None else {}
        if isinstance(problem, Failure):
            problem.facts.setdefault("source", source)
            return problem
        return Failure("entity", entity=described(entity), source=source, **self.traces.facts(problem))

    def _check_paths(self, message: Any, facts: Mapping[str, Any], data: bytes) -> None:
        """Refuse a protobuf that holds a path of this machine: no other machine has it, and no second run either."""
        pattern = re.compile(re.escape(os.fsencode(self.place.folder)) + rb"[\x21-\x7e]*")
        if found := pattern.search(data):
            path = found.group().decode()
            stored = path.startswith(str(self.place.temporary))
            part = next((name for name, part in parts_of(message) if pattern.search(part)), "")
            raise Failure("path", path=self.place.relative(path) or path, stored=stored, part=part, **facts)


def main() -> NoReturn:
    """Serialize one wheel."""
    run(Serializer)
