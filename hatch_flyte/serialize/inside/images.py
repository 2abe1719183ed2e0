"""ImageSpec: images keep the name that flytekit computes, and are neither looked for nor built."""

from __future__ import annotations

import copy
import dataclasses
import functools
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatch_flyte.serialize.inside.streams import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_flyte.serialize.inside.place import Workplace


class Images:
    """flytekit's image specs, kept away from Docker and from this machine's folders."""

    def __init__(self, place: Workplace, destination: str, underway: Callable[[], Any]) -> None:
        self._module = importlib.import_module("flytekit.image_spec.image_spec")
        self._underway = underway
        self.unbuilt: dict[str, dict[str, Any]] = {}
        """By image: the task that asked for it first. Somebody else has to build them."""
        self._keep_docker_out()
        self._keep_folder_out_of_ids(str(place.root), destination)

    def _keep_docker_out(self) -> None:
        original = self._module.ImageBuildEngine.build

        def name_only(spec: Any) -> None:
            if isinstance(spec.base_image, self._module.ImageSpec):
                name_only(spec.base_image)
            if spec.builder == "noop":  # builds nothing: it says which image stands for this one
                original(spec)
            else:
                self._note(spec)

        self._module.ImageBuildEngine.build = staticmethod(name_only)
        self._module.ImageSpec.exist = lambda _: True

    def _note(self, spec: Any) -> None:
        """Note an image that flytekit would build now; refuse one whose tag depends on files of this machine."""
        task = getattr(self._underway(), "name", "")
        mode = getattr(spec.source_copy_mode, "name", "")
        if spec.copy or mode not in ("", "NO_COPY"):
            raise Failure("spec", task=task, name=spec.name, copies=spec.copy or [])
        self.unbuilt.setdefault(spec.image_name(), {"image": spec.image_name(), "task": task})

    def _keep_folder_out_of_ids(self, root: str, destination: str) -> None:
        """Compute an image's id as if the code lay in `destination`, as the settings in `_F_SS_C` say at run time."""
        spec_class = self._module.ImageSpec
        original = spec_class.id

        def image_id(spec: Any) -> Any:
            return original.func(_moved(spec, root, destination))

        spec_class.id = functools.cached_property(image_id)
        spec_class.id.__set_name__(spec_class, "id")


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
