"""Flyte archives as part of the Python build, and their registration in named clusters.

The Python API: `publish`, `plan`, `status` and `target`; `aio` has the first three for programs with an event loop.
They are imported when they are first asked for. See docs/how-to/python-api.md.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hatch_flyte import aio as aio
    from hatch_flyte.api import plan as plan
    from hatch_flyte.api import publish as publish
    from hatch_flyte.api import status as status
    from hatch_flyte.api import target as target

__version__ = "0.1.0"


class _Lazy:
    """A public name, imported when it is asked for.

    Modules of the package are called `plan` and `publish`, too. Importing one would put it in the function's place;
    here it doesn't, and `import` finds it all the same.
    """

    def __init__(self, module: str, name: str = "") -> None:
        self._module, self._name = module, name

    def __get__(self, package: object, _kind: object = None) -> Any:
        from importlib import import_module

        module = import_module(self._module)
        return getattr(module, self._name) if self._name else module

    def __set__(self, package: object, value: object) -> None:
        """Leave it: the import system sets what it has imported."""


class _Package(ModuleType):
    """This package."""

    aio = _Lazy("hatch_flyte.aio")
    plan = _Lazy("hatch_flyte.api", "plan")
    publish = _Lazy("hatch_flyte.api", "publish")
    status = _Lazy("hatch_flyte.api", "status")
    target = _Lazy("hatch_flyte.api", "target")


sys.modules[__name__].__class__ = _Package
