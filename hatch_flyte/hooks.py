"""The entry point for Hatch and hatchling.

Both load this module in every build that uses any plugin, so each plugin is imported only when its host asks for it:
in build environments there is no `hatch` package, and an import error here would break other people's builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatchling.plugin import hookimpl

if TYPE_CHECKING:
    from hatch_flyte.build_hook import FlyteBuildHook
    from hatch_flyte.publisher import FlytePublisher


@hookimpl
def hatch_register_build_hook() -> type[FlyteBuildHook]:
    """Give hatchling the build hook `flyte`."""
    from hatch_flyte.build_hook import FlyteBuildHook

    return FlyteBuildHook


@hookimpl
def hatch_register_publisher() -> type[FlytePublisher]:
    """Give Hatch the publisher `flyte`."""
    from hatch_flyte.publisher import FlytePublisher

    return FlytePublisher
