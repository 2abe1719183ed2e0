"""The door to the pages at the HTTP port: which addresses are theirs, who may see them, loading them at first.

Knows nothing of what is on a page. ASGI.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from hatch_flyte.registry.guard import Guard
    from hatch_flyte.registry.http_bounds import App, Receive, Send

_CONSOLE: Final = "/console"
_SIGNATURE: Final = "signature"
_REFUSAL: Final = (
    b"The local registry was started with a token, and shows its pages only to those who have it.\n"
    b"Give the token as the password, with any user name, or send the header `Authorization: Bearer TOKEN`.\n"
)


class PageDoor:
    """An ASGI application: another one, made by `load` in a thread when it is first asked for.

    With a `guard` only whoever shows the token is let in.
    """

    def __init__(self, load: Callable[[], App], guard: Guard | None) -> None:
        self._load, self._guard = load, guard
        self._loading: asyncio.Future[App] | None = None

    def before(self, uploads: App) -> App:
        """Return the application that answers with pages at their addresses, and with `uploads` at all others."""

        async def answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
            await (self if is_page(scope) else uploads)(scope, receive, send)

        return answer

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if self._guard is not None and not self._guard.admits(shown.decode("latin-1")):
            await _refuse(send)
            return
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._load))
        app = await asyncio.shield(self._loading)
        await app(scope, receive, send)


def is_page(scope: MutableMapping[str, Any]) -> bool:
    """Return whether a request is for a page. One with a signature never is, whatever project the file is of."""
    path = scope["raw_path"].decode("ascii", "replace")
    own = path in {"/", _CONSOLE} or path.startswith(f"{_CONSOLE}/")
    signed = _SIGNATURE in dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return own and scope["method"] in {"GET", "HEAD"} and not signed


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_REFUSAL)).encode()),
        (b"www-authenticate", b'Basic realm="hatch-flyte local registry", charset="UTF-8"'),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": _REFUSAL})
