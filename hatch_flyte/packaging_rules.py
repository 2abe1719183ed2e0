"""What packaging warns of, and what it refuses though flytekit takes it: rules about images, variables, leaks, closure.

Functions of values. `package` knows when each is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_flyte.caution import Caution
from hatch_flyte.errors import SerializeError
from hatch_flyte.leaks import leak_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.config.values import Places
    from hatch_flyte.leaks import Machine
    from hatch_flyte.serialize import Serialized, SerializedEntity

_SECRET = re.compile(r"(?i)(token|secret|passw|pwd|credential|private|api_?key|access_?key)")
"""Names of variables whose values are secrets."""


def cautions_about(serialized: Serialized, places: Places) -> Iterator[Caution]:
    """Give what to warn of in what was serialized: modules that were skipped, images that move, variables of the build.

    `places` says where the configuration said what.

    Raises `SerializeError` for a secret variable of the build whose value is in an entity.
    """
    for skipped in serialized.skipped:
        modules = ", ".join(skipped.modules)
        yield Caution(f"{places.where('optional-modules')}: {modules}: left out ({skipped.error})")
    for place in serialized.unused:
        yield Caution(
            f"{place}: expected the name of a task or module (got one that nothing has)",
            "A name means the task or module and what is below it; `hatch-flyte show` lists the tasks.",
        )
    yield from _moving_image(serialized, places)
    for entity in serialized.entities:
        yield from _variables_in(entity)


def _moving_image(serialized: Serialized, places: Places) -> Iterator[Caution]:
    """Warn of the configured image if it moves and no task has it; of tasks' images `check` does."""
    from hatch_flyte.rules.lint_rules import IMAGE_TAG
    from hatch_flyte.rules.lints import moves

    image = serialized.default_image
    if moves(image) and all(entity.image != image for entity in serialized.entities):
        yield Caution(f"{places.where('image')}: expected an image that stays the same (got `{image}`)", IMAGE_TAG.fix)


def _variables_in(entity: SerializedEntity) -> Iterator[Caution]:
    for variable in entity.variables:
        subject = f"{variable.place}: the {entity.kind.value} `{entity.name}` holds the value of {variable.name}"
        if _SECRET.search(variable.name):
            raise SerializeError(
                f"{subject}, a secret of the environment that builds",
                hint="Whoever can read the registry could read it. Have the task read it at run time: "
                "`secret_requests=[Secret(…)]`.",
            )
        yield Caution(
            f"{subject} in the environment that builds",
            "Another build gives another entity under the same version. Say it in the configuration (`env`, `images`), "
            "or read it in the task.",
        )


def check_closed(serialized: Serialized, excluded: Sequence[str]) -> None:
    """Refuse entities that refer to something of this archive that was left out with its module.

    Raises `SerializeError`. What refers to another project, domain or version is a reference entity, and none of ours.
    """
    if not excluded:
        return
    from hatch_flyte.wire.messages import parse
    from hatch_flyte.wire.references import references

    there = {(entity.kind, entity.name) for entity in serialized.entities}
    for entity in serialized.entities:
        for needed in references(entity.kind, parse(entity.kind, entity.data)):
            if not needed.version and (needed.kind, needed.name) not in there:
                raise SerializeError(
                    f"{entity.place}: the {entity.kind.value} `{entity.name}` needs the {needed.kind.value} "
                    f"`{needed.name}`, whose module is excluded",
                    hint="Exclude the module of what needs it too, or neither: `exclude` under [tool.hatch-flyte].",
                )


def check_leaks(serialized: Serialized, manifest: str, machine: Machine) -> None:
    """Refuse entities and manifests that hold something of the machine that packages. Raises `SerializeError`."""
    for entity in serialized.entities:
        if leak := leak_in(entity.data, machine):
            raise SerializeError(
                f"{entity.place}: the {entity.kind.value} `{entity.name}` holds something of the machine that builds "
                f"(got `{leak}`)",
                hint="No other machine has it, and another build gives another entity: compute it in the task.",
            )
    if leak := leak_in(manifest.encode(), machine):
        raise SerializeError(f"manifest: expected nothing of the machine that builds (got `{leak}`)")
