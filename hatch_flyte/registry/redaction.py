"""Secrets that errors must not show: what a server says may repeat what it was sent.

Owns the one place where errors of calls and uploads are looked through before they leave the client. Knows no gRPC.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

from hatch_flyte.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

Answer = TypeVar("Answer")

HIDDEN: Final = "•••"

_SHORTEST: Final = 6
"""Characters of a text that can be a secret: shorter ones are in too many words."""


class Secrets:
    """Texts that are not shown. More become known while calls are made."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._forms: tuple[str, ...] = ()
        """Each text in all its forms, the longest first."""

    def add(self, *texts: str) -> None:
        """Hide these from now on, and each word of them: of `Bearer x` a server may repeat the `x` alone."""
        new = {word for text in texts for word in (text, *text.split()) if len(word) >= _SHORTEST} - self._known
        if new:
            self._known |= new
            self._forms = tuple(sorted({form for text in self._known for form in _forms(text)}, key=len, reverse=True))

    def hide(self, text: str) -> str:
        """Return `text` with every secret in it replaced."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    async def guard(self, work: Awaitable[Answer]) -> Answer:
        """Return what `work` returns. Its `RegistryError` shows no secret, nor does any that caused it."""
        try:
            return await work
        except RegistryError as problem:
            if not self._shows(problem):
                raise
            # By its own words only: what caused it knows what was sent and answered.
            error = type(problem)(
                self.hide(problem.message), hint=self.hide(problem.hint), identifier=problem.identifier
            )
        raise error

    def _shows(self, problem: BaseException) -> bool:
        texts = (text for one in _chain(problem) for text in (str(one), repr(one)))
        return any(self.hide(text) != text for text in texts)


def _forms(text: str) -> Iterator[str]:
    """Yield `text` as it is, and as it stands in texts of Python, in JSON, in an address, and in base64."""
    yield text
    yield repr(text)[1:-1]
    yield json.dumps(text)[1:-1]
    yield quote(text, safe="")
    yield base64.b64encode(text.encode()).decode().rstrip("=")


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that a traceback of it would show."""
    seen: set[int] = set()
    left = [problem]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [one.__cause__, one.__context__]
