"""gRPC metadata of a cluster: texts, and names of variables that hold them. What is sent shows nowhere.

A text may be a secret that somebody put there, so it is held as `HiddenText`; what a variable holds is looked up only
for a publish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hatch_flyte.config.checks import variable_expectation
from hatch_flyte.config.kinds import inside, quoted, shown

if TYPE_CHECKING:
    from hatch_flyte.config.kinds import Report

_NOT_SHOWN: Final = "(got something else, which is not shown)"
_TEXT: Final = "printable ASCII, neither empty nor with blanks at its ends"
_OWN: Final = frozenset({"content-type", "te", "user-agent"})
"""Headers that gRPC sets."""


class HiddenText(str):
    """A text that is `…` wherever it is written; `text` is what it stands for. See `hide`."""

    __slots__ = ("text",)
    text: str


def hide(text: str) -> HiddenText:
    """Return `text`, hidden."""
    hidden = HiddenText("…")
    hidden.text = text
    return hidden


def metadata_key_expectation(text: str) -> str:
    """Check a name of metadata (gRPC over HTTP/2, "Custom-Metadata"; binary values are not offered)."""
    if not re.fullmatch(r"[a-z0-9_.-]+", text):
        return "lower case letters, digits, '_', '-' and '.'"
    if text.startswith("grpc-") or text in _OWN:
        return "a name that gRPC doesn't use itself"
    return "a name without '-bin' at its end, which is for binary values" if text.endswith("-bin") else ""


def is_sendable(text: str) -> bool:
    """Return whether gRPC sends `text` as the value of metadata."""
    return bool(text) and text.strip() == text and bool(re.fullmatch(r"[ -~]+", text))


@dataclass(frozen=True, slots=True)
class MetadataTable:
    """A table of texts and `{ env = "VARIABLE" }`; kept as `HiddenText`, and as `("env", VARIABLE)`."""

    word: ClassVar[str] = "table"

    def from_toml(self, value: object, report: Report) -> Any:
        """Return what to send by name."""
        if not isinstance(value, Mapping):
            report("", f"expected a table {_NOT_SHOWN}")
            return {}
        result = {}
        for name, one in value.items():
            here = inside(report, f".{quoted(name)}")
            if expected := metadata_key_expectation(name):
                here("", f"expected {expected} (got {shown(name)})")
            result[name] = _value(one, here)
        return result

    def from_text(self, text: str, report: Report) -> Any:
        """Return nothing: a secret must not stand in a text."""
        del text
        report("", f"expected a table {_NOT_SHOWN}")
        return {}


def _value(value: object, report: Report) -> Any:
    if isinstance(value, str):
        if not is_sendable(value):
            report("", f"expected {_TEXT} {_NOT_SHOWN}")
        return hide(value)
    if not isinstance(value, Mapping) or set(value) != {"env"}:
        report("", f'expected a text or {{ env = "VARIABLE" }} {_NOT_SHOWN}')
        return ()
    name = value["env"]
    # What is no name may be the secret itself, put there by mistake.
    if not isinstance(name, str) or variable_expectation(name):
        report(".env", f"expected the name of an environment variable {_NOT_SHOWN}")
        return ()
    return ("env", name)


def metadata_text(kept: HiddenText | tuple[str, str], environ: Mapping[str, str]) -> str:
    """Return what is sent for a value of `MetadataTable`. Raises `ValueError` that says what was expected."""
    if isinstance(kept, HiddenText):
        return kept.text
    name = kept[1]
    text = environ.get(name, "").strip()
    if not text:
        raise ValueError(f"expected the variable {name} to be set (got none)")
    if not is_sendable(text):
        raise ValueError(f"expected {_TEXT} in the variable {name} {_NOT_SHOWN}")
    return text
