"""The use case `verify`: a wheel is packaged again in other surroundings, and the archive has to be the same."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_flyte.errors import SerializeError
from hatch_flyte.package import package

if TYPE_CHECKING:
    from hatch_flyte.config import Packaging
    from hatch_flyte.package import Packaged, Surroundings

OTHER = {"TZ": "Pacific/Chatham", "LC_ALL": "C", "LANG": "C", "HOME": "/nonexistent", "USER": "somebody"}
"""Variables of another machine; the hash seed is another one in every process, since `-I` ignores PYTHONHASHSEED."""


def verify(wheel: Path, packaging: Packaging, around: Surroundings, first: Packaged) -> None:
    """Package `wheel` again, in other folders, another time zone, locale and user, and compare with `first`.

    The load check is not repeated. Raises `SerializeError` with what differs, and what `package` raises.
    """
    with tempfile.TemporaryDirectory(prefix="hatch-flyte-") as folder:
        other, again = Path(folder, "temporary"), Path(folder, "again")
        other.mkdir()
        elsewhere = replace(around, output=again, variables={**OTHER, "TMPDIR": str(other)})
        second = package(wheel, replace(packaging, load_check=False), elsewhere)
        if second.path.read_bytes() == first.path.read_bytes():
            return
        differences = _differences(first.path, second.path)
    raise SerializeError(
        "\n".join([f"{first.path}: expected the same archive twice (got another one)", *differences]),
        hint="Something in the modules is another value at every import: a time, a random number, the order of a set, "
        "the machine.",
    )


def _differences(first: Path, second: Path) -> list[str]:
    from hatch_flyte.archive_reader import read_archive
    from hatch_flyte.change_text import change_lines
    from hatch_flyte.changes import archive_changes
    from hatch_flyte.contents import opened

    changes = archive_changes(opened(read_archive(first)), opened(read_archive(second)))
    return [f"  {line}" for _, line in change_lines(changes)] or ["  other bytes of the same content"]
