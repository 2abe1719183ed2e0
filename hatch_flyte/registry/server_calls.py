"""A line about each call: method, status, how long it took, who called, and what was said of a call that failed.

No line has anything of a call's metadata, where a token may stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from hatch_flyte.registry.server_status import Status

_TEXT_LENGTH: Final = 200


def call_line(name: str, failed: Status | None, seconds: float, peer: str) -> str:
    """Return the line about a call of the method `name`; `failed` is None for one that did what it was asked."""
    code = failed.code if failed else Code.OK
    text = " ".join(failed.message.split())[:_TEXT_LENGTH] if failed else ""
    return f"{name} {code.name} {1000 * seconds:.1f} ms {peer}{text and f': {text}'}"
