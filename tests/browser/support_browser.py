"""A registry that is served with its pages, a plain HTTP client for it, and what tests look at in HTML."""

from __future__ import annotations

import asyncio
import http.client
import os
import subprocess
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support_doors import COMMAND

from hatch_flyte.cli.serve import pages_of
from hatch_flyte.registry.server import Addresses, ServeOptions, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = "/console/projects/flytesnacks/domains/development"
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def seen(self) -> Seen:
        """What a reader of the page sees; it must be HTML whose elements are closed in their order."""
        parser = Seen()
        parser.feed(self.body)
        parser.close()
        assert parser.open == [], parser.open
        return parser


@dataclass(frozen=True)
class Browser:
    """Asks a server for pages."""

    address: str

    def __call__(self, path: str, method: str = "GET", **headers: str) -> Answer:
        with closing(http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)) as connection:
            connection.putrequest(method, path, skip_host="Host" in headers)
            for key, value in headers.items():
                connection.putheader(key, value)
            connection.endheaders()
            response = connection.getresponse()
            found = {key.lower(): value for key, value in response.getheaders()}
            return Answer(response.status, found, response.read().decode())

    def page(self, path: str, status: int = 200) -> Seen:
        answer = self(path)
        assert answer.status == status, answer.body
        return answer.seen


@dataclass
class Seen(HTMLParser):
    """The elements of a page."""

    open: list[str] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Each text, with the element that it is in."""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1], data))

    @property
    def text(self) -> str:
        return " ".join(" ".join(data for _, data in self.texts).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        return [one["href"] for one in self.all("a") if not one["href"].startswith("#")]

    @property
    def title(self) -> str:
        return next(data for tag, data in self.texts if tag == "title")


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[Browser]:
    """Serve the registry in `folder` as the command does, in a thread; what it is asked for is the value."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    begun: list[Addresses] = []
    known = threading.Event()

    def ready(addresses: Addresses) -> None:
        begun.append(addresses)
        known.set()

    def run() -> None:
        try:
            loop.run_until_complete(serve(folder, ServeOptions(pages=pages_of, **options), ready, stop))
        finally:
            known.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    known.wait()
    try:
        yield Browser(begun[0].http)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def publish(folder: Path, *archives: Path | str) -> None:
    """Publish archives to the local registry in `folder`, as a user does."""
    environ = os.environ | {"HATCH_FLYTE_DATA": str(folder)}
    command = [*COMMAND, "publish", "-c", "local", *map(str, archives)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent, env=environ)
    assert said.returncode == 0, said.stdout + said.stderr
