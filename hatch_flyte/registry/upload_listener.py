"""The HTTP listener of the local registry: takes and gives what a signed address allows, by PUT and GET.

The one place that knows uvicorn (of the extra `server`). It listens from the start, so that its port is known and
clients can connect, and answers as soon as that is imported, in a thread of its own. Pages are another's: `page_door`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import importlib.util
import socket
import threading
from typing import TYPE_CHECKING, Final

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.blobs import Key
from hatch_flyte.registry.file_response import file_response
from hatch_flyte.registry.http_bounds import HttpOptions, bounded, strict_protocol

if TYPE_CHECKING:
    from typing import BinaryIO

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from uvicorn import Server

    from hatch_flyte.registry.http_bounds import App
    from hatch_flyte.registry.page_door import PageDoor
    from hatch_flyte.registry.signed_addresses import Grant
    from hatch_flyte.registry.upload_locations import UploadLocations

_BACKLOG: Final = 128
_FORBIDDEN: Final = "the signature of this address is wrong or has expired\n"
_PAUSE_SECONDS: Final = 0.02


class UploadListener:
    """A socket that listens for uploads. Raises `RegistryError` if it cannot have the port.

    `host` and `port` are where; port 0 is any free one. `grace` is how long uploads may take to end, in seconds,
    `max_bytes` how much one may be; `options` what else it has.
    """

    def __init__(
        self, host: str, port: int, *, grace: float, max_bytes: int, options: HttpOptions | None = None
    ) -> None:
        check_extra()
        self._grace, self._max_bytes = grace, max_bytes
        self._options = options or HttpOptions(host)
        self._socket = listening_socket(host, port)
        scheme = "https" if self._options.tls else "http"
        self.address = f"{scheme}://{host_text(self._options.host)}:{self._socket.getsockname()[1]}"
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, locations: UploadLocations, pages: PageDoor | None = None) -> None:
        """Begin to answer; without `pages` there are none."""
        self._thread = threading.Thread(target=self._run, args=(locations, pages), name="uploads", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and wait for uploads that are under way."""
        if self._thread is not None:
            while self._thread.is_alive() and not (self._server and self._server.started):
                self._thread.join(_PAUSE_SECONDS)  # a uvicorn that is stopped while it starts leaves things open
            if self._server is not None:
                self._server.should_exit = True
            self._thread.join()
        self._socket.close()

    def _run(self, locations: UploadLocations, pages: PageDoor | None) -> None:
        import uvicorn

        options, tls = self._options, self._options.tls
        uploads: App = upload_app(locations, self._max_bytes)
        config = uvicorn.Config(
            bounded(pages.before(uploads) if pages else uploads, options),
            http=strict_protocol(options.head_seconds),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # its warnings are of what a client did wrong
            access_log=False,
            server_header=False,
            limit_concurrency=options.max_connections,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
            timeout_graceful_shutdown=max(1, round(self._grace)),
        )
        # Outside of the main thread uvicorn leaves the process's signals alone.
        self._server = uvicorn.Server(config)
        asyncio.run(self._server.serve(sockets=[self._socket]))


def check_extra() -> None:
    """Raise `RegistryError` if the extra `server` isn't installed."""
    lacking = [name for name in ("starlette", "uvicorn", "jinja2") if importlib.util.find_spec(name) is None]
    if lacking:
        raise RegistryError(
            f"serve: {', '.join(lacking)} not installed",
            hint="Install them with: pip install 'hatch-flyte[server]'",
        )


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at `host` and `port`; raise `RegistryError` if it cannot have them."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise RegistryError(
            f"serve: cannot listen at {host}:{port} ({error.strerror or error})",
            hint="Choose another port, or 0 for any that is free.",
        ) from error


def host_text(host: str) -> str:
    """Return a host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


def upload_app(locations: UploadLocations, max_bytes: int) -> Starlette:
    """Return the ASGI application that takes uploads and gives downloads."""
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def allowed(request: Request, method: str) -> Grant | None:
        path = request.scope["raw_path"].decode("ascii", "replace")[1:]
        return locations.grant(method, path, request.query_params.multi_items())

    async def put(request: Request) -> Response:
        grant = allowed(request, "PUT")
        if grant is None:
            return PlainTextResponse(_FORBIDDEN, 403)
        try:
            status, text = await _receive(request, locations, grant, max_bytes)
        except RegistryError as error:
            return PlainTextResponse(f"{error.message}\n", 507)
        except ClientDisconnect:
            return PlainTextResponse("", 499)  # nobody is there to read it
        return PlainTextResponse(text and f"{text}\n", status)

    async def get(request: Request) -> Response:
        grant = allowed(request, "GET")
        if grant is None:
            return PlainTextResponse(_FORBIDDEN, 403)
        return await asyncio.to_thread(file_response, locations.blobs.path(Key(grant.path)), request)

    routes = [Route("/{path:path}", put, methods=["PUT"]), Route("/{path:path}", get, methods=["GET"])]
    return Starlette(routes=routes)


async def _receive(request: Request, locations: UploadLocations, grant: Grant, max_bytes: int) -> tuple[int, str]:
    """Store the body of a request if it is what was promised; return the status and a sentence."""
    sent = request.headers.get("content-md5", "")
    if grant.md5 and sent != grant.md5:
        return 400, "Content-MD5 is not the one that this address was asked for"
    expected = _digest(sent)
    if expected is None:
        return 400, "Content-MD5 is not an MD5 in base64"
    try:
        with locations.blobs.writing(Key(grant.path)) as file:
            digest = await _copy(request, file, max_bytes)
            _check_digest(digest, expected or digest)
    except _NotStoredError as problem:
        return problem.status, problem.text
    return 200, ""


async def _copy(request: Request, file: BinaryIO, max_bytes: int) -> bytes:
    """Write the body of a request to `file` and return its MD5."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise _NotStoredError(413, f"the body is longer than {max_bytes} bytes")
        digest.update(chunk)
        file.write(chunk)
    return digest.digest()


def _check_digest(digest: bytes, expected: bytes) -> None:
    if digest != expected:
        raise _NotStoredError(400, "the body is not what Content-MD5 says")


def _digest(text: str) -> bytes | None:
    """Return the bytes of an MD5 in base64; empty for an empty text, None for anything else."""
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return digest if len(digest) in {0, hashlib.md5(usedforsecurity=False).digest_size} else None


class _NotStoredError(Exception):
    """A body is not stored."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text
