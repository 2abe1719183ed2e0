"""Answers over HTTP: their headers, and the two files that pages use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from starlette.responses import Response

from hatch_flyte.browser.addresses import page_path
from hatch_flyte.graph.style import stylesheet

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Nothing is run, and nothing is had from elsewhere."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_PAGE: Final = {**HEADERS, "Cache-Control": "no-store"}
_FILE: Final = {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
STATIC: Final = "static"
_TYPES: Final = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file beside the pages; its address has a digest of it, so that it can be kept for ever."""

    name: str
    content: bytes

    @property
    def address(self) -> str:
        """Where it is."""
        return page_path(STATIC, self.name, v=hashlib.sha256(self.content).hexdigest()[:16])

    def answer(self) -> Response:
        """Return it as an answer."""
        return Response(self.content, headers={**_FILE, "Content-Type": _TYPES[self.name]})


def static_files() -> dict[str, StaticFile]:
    """Return the files by their names; graphs have their style in the pages' own."""
    folder = files("hatch_flyte.browser").joinpath(STATIC)
    found = {name: folder.joinpath(name).read_bytes() for name in _TYPES}
    found["style.css"] += stylesheet().encode()
    return {name: StaticFile(name, content) for name, content in found.items()}


def html_answer(html: str, status: int) -> Response:
    """Return a page as an answer."""
    return Response(html, status, headers={**_PAGE, "Content-Type": "text/html; charset=utf-8"})


def redirect(path: str) -> Response:
    """Return that the page is at another address."""
    return Response(status_code=307, headers={**_PAGE, "Location": path})
