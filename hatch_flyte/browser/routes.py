"""From a request for a page to its answer: an ASGI application.

The registry is asked in its own thread; HTML is made in another, so that the registry goes on with other work.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request

from hatch_flyte.browser.addresses import AddressError, page_path, query_of, segments
from hatch_flyte.browser.answers import STATIC, html_answer, redirect, static_files
from hatch_flyte.browser.model import Cell, Facts, Page
from hatch_flyte.browser.pages import page_for
from hatch_flyte.browser.reading import Reader
from hatch_flyte.browser.rendering import render, renderer
from hatch_flyte.errors import RegistryError
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from starlette.responses import Response

    from hatch_flyte.registry.http_bounds import App
    from hatch_flyte.registry.methods import Offices

_TITLES: Final = {
    400: "This address cannot be read",
    404: "Nothing is here",
    414: "This address is too long",
    500: "The page could not be made",
    503: "The registry cannot be read",
}
_STATUSES: Final = {Code.NOT_FOUND: 404, Code.INVALID_ARGUMENT: 400}
_log = logging.getLogger(__name__)


def application(offices: Offices, thread: Executor) -> App:
    """Return the application that answers with pages of what `offices` have, which they are asked for in `thread`."""
    pages = _Pages(Reader(offices), thread)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answer = await pages.answer(Request(scope))
        await answer(scope, receive, send)

    return app


class _Pages:
    """Answers requests."""

    def __init__(self, reader: Reader, thread: Executor) -> None:
        self._reader, self._thread = reader, thread
        self._files = static_files()
        self._environment = renderer(self._files["style.css"].address, self._files["icon.svg"].address)

    async def answer(self, request: Request) -> Response:
        path = request.scope["raw_path"]
        if path in {b"/", b"/console/"}:
            return redirect(page_path())
        name = path.decode("ascii", "replace").removeprefix(f"{page_path(STATIC)}/")
        if name in self._files:
            return self._files[name].answer()
        page = await self._page(path, request.scope["query_string"])
        return html_answer(await asyncio.to_thread(render, self._environment, page), page.status)

    async def _page(self, path: bytes, query: bytes) -> Page:
        try:
            asked = (self._reader, segments(path), query_of(query))
            return await asyncio.get_running_loop().run_in_executor(self._thread, page_for, *asked)
        except AddressError as error:
            return _problem(error.status, error.text)
        except RefusalError as refusal:
            return _problem(_STATUSES.get(refusal.code, 500), refusal.message)
        except RegistryError as error:
            return _problem(503, error.message)
        except Exception as error:  # noqa: BLE001 # whoever asks must get a page, and the log the reason
            _log.exception("a page could not be made")
            return _problem(500, f"{type(error).__name__}: this is a defect; the server's log has more of it.")


def _problem(status: int, text: str) -> Page:
    """Return the page that says why there is no other."""
    facts = Facts("why", "Why", (("Status", Cell(str(status))), ("Reason", Cell(text))))
    home = (("Projects", page_path()),)
    return Page(
        _TITLES.get(status, _TITLES[500]),
        home,
        sections=(facts,),
        status=status,
        actions=(("All projects", page_path()),),
    )
