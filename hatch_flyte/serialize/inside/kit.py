"""flytekit, imported and kept from touching anything outside of this process."""

from __future__ import annotations

import base64
import contextlib
import copy
import gzip
import importlib
import struct
import zlib
from typing import TYPE_CHECKING, Any

from hatch_flyte.serialize.inside.entities import Entities, kind_of
from hatch_flyte.serialize.inside.images import Images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.serialize.inside.defaults import Defaults
    from hatch_flyte.serialize.inside.place import Workplace

_BLOCK = 0xFFFF
"""Bytes in a block that is not compressed (RFC 1951, 3.2.4)."""


class Flytekit:
    """flytekit, imported and kept from touching anything outside of this process."""

    def __init__(self, place: Workplace, destination: str) -> None:
        self.package = importlib.import_module("flytekit")
        self.version: str = self.package.__version__
        self._helpers = importlib.import_module("flytekit.tools.serialize_helpers")
        self.configuration = importlib.import_module("flytekit.configuration")
        translator = importlib.import_module("flytekit.tools.translator")
        self._contexts = importlib.import_module("flytekit.core.context_manager")
        self.defaults: Defaults | None = None
        """What to say of tasks that say nothing themselves."""
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
        self.images = Images(place, destination, self.underway)

    def _keep_folder_out_of_context(self, destination: str) -> None:
        """Let dynamic tasks carry `destination` as their source root (in `_F_SS_C`), not the temporary folder.

        Neither must the zlib in use show: another one gives other bytes, and so another task.
        """
        settings_class = self.configuration.SerializationSettings
        original = settings_class.serialized_context

        def serialized_context(settings: Any) -> Any:
            moved = copy.copy(settings)
            moved.source_root = destination
            return _uncompressed(original.fget(moved))

        settings_class.serialized_context = property(serialized_context)

    def _traced(self, get_serializable: Any) -> Any:
        """Wrap flytekit's translation of one entity to know what is being translated, and into what."""

        def traced(mapping: Any, settings: Any, entity: Any, *args: Any, **kwargs: Any) -> Any:
            self._translated = mapping
            self._underway.append(entity)
            if kind_of(entity) == "task" and self.defaults:
                settings = self.defaults.settings_for(settings, entity, self.entities.source(entity)["module"])
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

    def translate(self, context: Any, *, default_launch_plans: bool) -> Iterator[tuple[Any, Any]]:
        """Translate all, then give flytekit's models in its order, each with the entity of the user's code.

        Each model is let go of when it has been given: all of them take more memory than all protobufs.

        Without `default_launch_plans` those are left out that flytekit makes for workflows now, and nobody asked for.
        """
        plans = importlib.import_module("flytekit.core.launch_plan").LaunchPlan
        asked_for = set(map(id, plans.CACHE.values()))
        models = self._helpers.get_registrable_entities(context)
        made = {id(plan) for plan in plans.CACHE.values() if not default_launch_plans and id(plan) not in asked_for}
        originals = {id(model): entity for entity, model in self._translated.items()}
        self._translated = {}
        return _handed_over([(model, originals[id(model)]) for model in models if id(originals[id(model)]) not in made])

    def underway(self) -> Any:
        """Return the innermost task, workflow or launch plan that is being translated, or None."""
        return next((entity for entity in reversed(self._underway) if kind_of(entity)), None)


def _handed_over(pairs: list[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Give the pairs, and keep none that was given."""
    pairs.reverse()
    while pairs:
        yield pairs.pop()


def _uncompressed(packed: str) -> str:
    """Return base64 of gzip with the content of `packed`, which is that too, in blocks that are not compressed."""
    content = gzip.decompress(base64.b64decode(packed))
    parts = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff"]  # RFC 1952, 2.3: deflate, no name, no time, unknown system
    for start in range(0, len(content), _BLOCK):
        block = content[start : start + _BLOCK]
        is_last = start + _BLOCK >= len(content)
        parts += (struct.pack("<BHH", is_last, len(block), len(block) ^ _BLOCK), block)
    parts.append(struct.pack("<LL", zlib.crc32(content), len(content)))
    return base64.b64encode(b"".join(parts)).decode()
