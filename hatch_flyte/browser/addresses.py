"""Addresses of pages: making them, and reading what a request asks for.

Names may hold any character, slashes among them: each is one segment, quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

from hatch_flyte.console import KIND_WORDS, PATH, entity_path, path_of
from hatch_flyte.entity import Identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.entity import Kind

MAX_PATH: Final = 40_000
"""Bytes of a path: of a name of 10 kB each byte may be quoted."""
MAX_QUERY: Final = 40_000
MAX_PAGE: Final = 1_000_000
KINDS: Final = {word: kind for kind, word in KIND_WORDS.items()}
_DOTS: Final = frozenset({".", ".."})
"""What browsers take for a way up, however it is quoted: nothing of that name has an address."""


class AddressError(Exception):
    """An address that no page has, and never will: an HTTP status and a sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True, slots=True)
class Place:
    """A project and a domain."""

    project: str
    domain: str

    def path(self, *parts: str, **query: str) -> str:
        """Return the address of a page of this place; empty if a part cannot stand in one."""
        return page_path("projects", self.project, "domains", self.domain, *parts, **query)

    def kind(self, kind: Kind) -> str:
        """Return the address of the list of a kind's names."""
        return self.path(KIND_WORDS[kind])

    def name(self, kind: Kind, name: str) -> str:
        """Return the address of the list of a name's versions."""
        return self.path(KIND_WORDS[kind], name)

    def entity(self, kind: Kind, name: str, version: str) -> str:
        """Return the address of one version's page."""
        return entity_address(Identifier(kind, self.project, self.domain, name, version))


def entity_address(identifier: Identifier) -> str:
    """Return the address of an entity's page; empty if it can have none."""
    parts = (identifier.project, identifier.domain, identifier.name, identifier.version)
    return "" if any(one in _DOTS or not one for one in parts) else entity_path(identifier)


def page_path(*parts: str, **query: str) -> str:
    """Return the address of a page; empty if a part cannot stand in one. What is empty is left out of the query."""
    if any(part in _DOTS or not part for part in parts):
        return ""
    asked = urlencode({key.rstrip("_"): value for key, value in query.items() if value})
    return f"{path_of(*parts) if parts else PATH}{asked and f'?{asked}'}"


def segments(raw_path: bytes) -> tuple[str, ...]:
    """Return the segments of a path as it was sent, below `/console`. Raises `AddressError`."""
    if len(raw_path) > MAX_PATH:
        raise AddressError(414, f"an address has at most {MAX_PATH} bytes")
    parts = tuple(_text(part) for part in raw_path.split(b"/"))
    if any(part in _DOTS for part in parts):
        raise AddressError(400, "an address here has no “.” and no “..” in it")
    if not all(parts[1:]):
        raise AddressError(404, "two slashes in a row, or one at the end, lead nowhere")
    return parts[2:]


def query_of(raw: bytes) -> Mapping[str, str]:
    """Return what stands after the question mark; of what is there twice, the last. Raises `AddressError`."""
    if len(raw) > MAX_QUERY:
        raise AddressError(414, f"a query has at most {MAX_QUERY} bytes")
    try:
        asked = dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20))
    except ValueError as error:
        raise AddressError(400, "the part after the question mark cannot be read") from error
    if any("\0" in text for pair in asked.items() for text in pair):
        raise AddressError(400, "there is no such character in a name")
    return asked


def page_number(query: Mapping[str, str]) -> int:
    """Return which page of a list is asked for; the first is 1. Raises `AddressError`."""
    text = query.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_PAGE)) else 0
    if not 1 <= number <= MAX_PAGE:
        raise AddressError(400, f"expected page=1 to {MAX_PAGE}")
    return number


def _text(part: bytes) -> str:
    try:
        text = unquote_to_bytes(part).decode()
    except UnicodeDecodeError as error:
        raise AddressError(400, "an address is UTF-8") from error
    if "\0" in text:
        raise AddressError(400, "there is no such character in a name")
    return text
