"""The HTTP PUT that brings a bundle to where a registry said: one attempt.

Owns the headers, what an answer means, and that a signed address, a credential for an hour, shows nowhere: neither in
messages nor in exceptions nor in logs. Knows nothing of gRPC; repeats nothing.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import logging
import re
import warnings
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from hatch_flyte import __version__
from hatch_flyte.errors import AccessError, RegistryError, RejectedError, UnreachableError
from hatch_flyte.registry.hints import LATER, TRUST
from hatch_flyte.registry.proxy import NONE, Proxies
from hatch_flyte.registry.retry import TransientError
from hatch_flyte.registry.trust import MACHINE, Trust

if TYPE_CHECKING:
    from collections.abc import Mapping

    import urllib3

    from hatch_flyte.registry.connection import Patience
    from hatch_flyte.registry.proxy import Proxy

TRANSIENT: Final = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same PUT may succeed; it may be repeated, since it always stores the same bytes."""

_HIDDEN: Final = "…"
_SHORTEST_SECRET: Final = 6
_QUERY: Final = re.compile(r"\?[^\s'\"<>]+")
_OBJECT: Final = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>: ")
_WORDS: Final = re.compile(r"<(Code|Message)>([^<]*)</\1>")

_STORE_HINT: Final = (
    "The control plane chose this address (its `storage.signedURL`): it must be one that can be reached from here."
)
_PROXY_HINT: Final = "Check `proxy` of this cluster, or the variables https_proxy, http_proxy and no_proxy."
_ACCESS_HINT: Final = "The store refuses the control plane's signature: are the clocks right, is the bucket writable?"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a registry wants a file, as its `CreateUploadLocationResponse` says."""

    signed_url: str = field(repr=False)
    native_url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The signed address, if it is usable, without what makes it valid."""
        parts = urlsplit(self.signed_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def is_usable(self) -> bool:
        """Whether the signed address is one of HTTP with a host."""
        try:
            parts = urlsplit(self.signed_url)
        except ValueError:
            return False
        return parts.scheme in {"http", "https"} and bool(parts.hostname)

    def headers_for(self, data: bytes) -> dict[str, str]:
        """Return the headers of the PUT of `data`.

        All of the response's, since they may be signed, but for its `Content-Length`, which flyteadmin has wrong. No
        `Content-Type`, which some signatures cover. Azure refuses a PUT without `x-ms-blob-type`.
        """
        own = {
            "content-length": str(len(data)),
            "content-md5": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
            "user-agent": f"hatch-flyte/{__version__}",
        }
        given = {name: value for name, value in self.headers.items() if name.lower() not in own and value}
        if self._is_azure and "x-ms-blob-type" not in {name.lower() for name in given}:
            given["x-ms-blob-type"] = "BlockBlob"
        return {**given, **{name.title(): value for name, value in own.items()}}

    @property
    def _is_azure(self) -> bool:
        host = urlsplit(self.signed_url).hostname or ""
        return ".blob.core." in host or self.native_url.startswith(("abfs:", "abfss:", "az:"))

    def without_secrets(self, text: str) -> str:
        """Return `text` without the address's query, its values, and any other query in it."""
        query = urlsplit(self.signed_url).query
        values = {value for _, value in parse_qsl(query)} | {unquote(query), query}
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= _SHORTEST_SECRET:
                text = text.replace(value, _HIDDEN)
        return _QUERY.sub(f"?{_HIDDEN}", text)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one PUT, as a value: urllib3's exceptions know the signed address, so none of them gets out."""

    status: int = 0
    words: str = ""
    pause: float | None = None
    error: type[RegistryError] | None = None
    hint: str = ""
    limit: float = float("inf")


@dataclass(frozen=True, slots=True)
class Way:
    """How a file store is reached."""

    patience: Patience
    trust: Trust = MACHINE
    proxies: Proxies = NONE


async def put(destination: Destination, data: bytes, way: Way) -> None:
    """Store `data` at `destination`, in one attempt. Any 2xx is success.

    Raises `TransientError` where another attempt may succeed, else `AccessError`, `RejectedError` or
    `UnreachableError`; in none of them is anything of the address's query.
    """
    if not destination.is_usable:
        raise RejectedError("upload: expected an http or https address from the control plane", hint=_STORE_HINT)
    answer = await asyncio.to_thread(_send, destination, data, way)
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return
    where = f"upload to {destination.shown}"
    if not answer.status:
        words = destination.without_secrets(_OBJECT.sub("", answer.words))
        error = (answer.error or UnreachableError)(f"{where}: {words}", hint=answer.hint)
        raise error if answer.error else TransientError(error, limit=answer.limit)
    words = destination.without_secrets(answer.words)
    message = f"{where}: the store answered {answer.status}{f' ({words})' if words else ''}"
    if answer.status in TRANSIENT:
        raise TransientError(UnreachableError(message, hint=LATER), pause=answer.pause)
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise AccessError(message, hint=_ACCESS_HINT)
    if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise AccessError(message, hint=_PROXY_HINT)
    raise RejectedError(message)


def _send(destination: Destination, data: bytes, way: Way) -> _Answer:
    import urllib3
    from urllib3 import exceptions

    logging.getLogger("urllib3.connectionpool").addFilter(_hide_queries)
    patience = way.patience
    timeout = urllib3.Timeout(connect=patience.send, read=patience.stored)
    try:
        with _pool(destination, way) as pool:
            response = pool.request(
                "PUT",
                destination.signed_url,
                # A stream, sent piece by piece: for bytes the time-out would be that of the whole transfer.
                body=io.BytesIO(data),
                headers=destination.headers_for(data),
                timeout=timeout,
                retries=False,
                redirect=False,
            )
        return _Answer(response.status, _words(response.data), _pause(response.headers.get("Retry-After")))
    except _WayError as problem:
        return _Answer(words=str(problem), error=UnreachableError, hint=problem.hint)
    except ValueError:
        return _Answer(words="the address or a header that the control plane gave cannot be used", error=RejectedError)
    except (exceptions.HTTPError, OSError) as problem:
        return _broken(problem, patience)


def _broken(problem: Exception, patience: Patience) -> _Answer:
    from urllib3 import exceptions

    if isinstance(problem, exceptions.ProxyError):
        refused = AccessError if "407" in str(problem) else None
        return _Answer(words=f"the proxy fails ({problem})", error=refused, hint=_PROXY_HINT, limit=patience.connect)
    if isinstance(problem, exceptions.SSLError):
        return _Answer(words=f"TLS failed ({problem})", error=UnreachableError, hint=TRUST)
    if isinstance(problem, (exceptions.NewConnectionError, exceptions.ConnectTimeoutError)):
        return _Answer(words=f"nobody answers ({problem})", hint=_STORE_HINT, limit=patience.connect)
    return _Answer(words=f"the connection broke ({problem})", hint=LATER)


class _WayError(Exception):
    """There is no way to the store: what is configured for it cannot be used."""

    def __init__(self, words: str, hint: str) -> None:
        super().__init__(words)
        self.hint = hint


def _pool(destination: Destination, way: Way) -> urllib3.PoolManager:
    import urllib3

    try:
        proxy: Proxy | None = way.proxies.for_upload(destination.signed_url)
    except ValueError as problem:
        raise _WayError(str(problem), _PROXY_HINT) from None
    try:
        context = way.trust.context()
    except OSError as problem:
        raise _WayError(f"the client certificate cannot be read any more ({problem})", TRUST) from None
    if not way.trust.verify:
        _expect_unverified(urlsplit(destination.signed_url).hostname or "")
    if proxy is None:
        return urllib3.PoolManager(ssl_context=context)
    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
    return urllib3.ProxyManager(str(proxy), proxy_headers=headers, ssl_context=context)


def _expect_unverified(host: str) -> None:
    """Have urllib3 not warn of `host`, at each request and in a voice of its own: the user was warned."""
    from urllib3.exceptions import InsecureRequestWarning

    message = f"Unverified HTTPS request is being made to host '{re.escape(host)}'"
    warnings.filterwarnings("ignore", message=message, category=InsecureRequestWarning)


def _words(body: bytes) -> str:
    """Return the code and the message of an object store's error document.

    Nothing else of it: S3 repeats the whole signed request in it.
    """
    found = _WORDS.findall(body.decode(errors="replace"))
    return ": ".join(" ".join(text.split()) for _, text in found)


def _pause(retry_after: str | None) -> float | None:
    """Return the seconds that `Retry-After` asks for, as a number or a date; None without one that can be read."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        return Retry().parse_retry_after(retry_after) if retry_after else None
    except InvalidHeader:
        return None


def _hide_queries(record: logging.LogRecord) -> bool:
    """Take the queries out of urllib3's own record of each request; keep the record."""
    if isinstance(record.args, tuple):
        record.args = tuple(_QUERY.sub(f"?{_HIDDEN}", one) if isinstance(one, str) else one for one in record.args)
    return True
