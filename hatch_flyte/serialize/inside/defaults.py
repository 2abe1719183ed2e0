"""Defaults for tasks that say nothing themselves: image, environment and resources, for all tasks and for some."""

from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING, Any

from hatch_flyte.serialize.inside.patterns import fits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Defaults:
    """What the request says of tasks, as flytekit's settings for one task."""

    def __init__(self, request: Mapping[str, Any], configuration: Any) -> None:
        self._tables: Sequence[Mapping[str, Any]] = request["tasks"]
        self._env: Mapping[str, str] = request["env"]
        self._resources: Mapping[str, str] = request["resources"]
        self._configuration = configuration
        self._module = importlib.import_module("flytekit.core.resources")
        self.used: set[str] = set()
        """Patterns that a task fitted."""

    def settings_for(self, settings: Any, task: Any, module: str) -> Any:
        """Return `settings` for a task of `module`, and give it resources if it is one that asks for none."""
        names = _names(task, module)
        tables = [table for table in self._tables if any(fits(name, table["pattern"]) for name in names)]
        self.used |= {table["pattern"] for table in tables}
        image, env, resources = "", dict(self._env), dict(self._resources)
        for table in tables:
            image = table["image"] or image
            env.update(table["env"])
            resources.update(table["resources"])
        changes: dict[str, Any] = {}
        if env:
            changes["env"] = {**(settings.env or {}), **env}
        if resources:
            changes["default_resources"] = self._spec(resources)
            self._give_container_task(task, changes["default_resources"])
        if image:
            changes["image_config"] = self._with_default(settings.image_config, image)
        return dataclasses.replace(settings, **changes)

    def _give_container_task(self, task: Any, spec: Any) -> None:
        """Give a raw container what flytekit gives Python tasks only."""
        is_raw = any(cls.__name__ == "ContainerTask" for cls in type(task).__mro__)
        if is_raw and task.resources == self._spec({}):
            task._resources = spec  # noqa: SLF001 # no public way, as in flytekit's own tasks

    def _spec(self, quantities: Mapping[str, str]) -> Any:
        groups: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
        for dotted, quantity in quantities.items():
            group, _, name = dotted.partition(".")
            groups[group][name.replace("-", "_")] = quantity
        return self._module.ResourceSpec(
            **{group: self._module.Resources(**values) for group, values in groups.items()}
        )

    def _with_default(self, images: Any, image: str) -> Any:
        default = self._configuration.Image.look_up_image_info("default", image)
        others = [one for one in images.images or [] if one.name != "default"]
        return self._configuration.ImageConfig.create_from(default, others)


def _names(task: Any, module: str) -> list[str]:
    """Return the names that a pattern may mean: a map task is also called as what it maps."""
    mapped = getattr(task, "_run_task", None)
    return [task.name, *([mapped.name] if mapped is not None else []), f"{module}.{task.name}"]
