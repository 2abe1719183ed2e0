"""Upload locations: where a file is to be put, signed so that nobody need ask twice, and only for a while.

Owns the rules of CreateUploadLocation and the signature. Who listens at the address is `upload_listener`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from flyteidl.service.dataproxy_pb2 import CreateUploadLocationResponse

from hatch_flyte.registry.blobs import Key, blob_key
from hatch_flyte.rules.refusal import RefusalError, invalid
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest
    from google.protobuf.duration_pb2 import Duration

    from hatch_flyte.registry.blobs import Blobs

MAX_SECONDS: Final = 3600
"""How long an upload location holds at most, and unless asked for less."""

_NANOSECONDS: Final = 1_000_000_000
_NAME_LENGTH: Final = 20
_NAME_CHARACTERS: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signed address allows."""

    key: Key
    md5: str
    """The MD5 of what may be put there, in base64; empty for anything."""


class UploadLocations:
    """Hands out upload locations in `blobs` and knows its own again. `address` is the HTTP listener's.

    `now` gives seconds since 1970.
    """

    def __init__(self, blobs: Blobs, address: str, *, now: Callable[[], float] = time.time) -> None:
        self.blobs = blobs
        self._address = address
        self._now = now
        self._secret = secrets.token_bytes(32)

    def create(self, request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        """Return where to put a file, and with which headers; refuse what flyteadmin would refuse, and in its order.

        The headers are those that flyteadmin's S3 store gives, the wrong `Content-Length` included: it is the length
        of the MD5's text, and a client that believes it fails there too.
        """
        if not request.project or not request.domain:
            raise invalid("project and domain are required parameters")
        if not request.content_md5 and not request.filename_root:
            raise invalid("content_md5 or filename_root is a required parameter")
        root = request.filename_root or base64.b32encode(request.content_md5).decode()
        key = blob_key(request.project, request.domain, root, request.filename or _random_name())
        if request.filename and request.filename_root:
            self._check_free(key, request.content_md5)
        expires = int(self._now()) + _seconds(request.expires_in if request.HasField("expires_in") else None)
        md5 = base64.b64encode(request.content_md5).decode()
        signed = self._signed(key, md5, expires)
        response = CreateUploadLocationResponse(signed_url=signed, native_url=self.blobs.url(key))
        response.expires_at.seconds = expires
        response.headers.update({"Content-Length": str(len(md5)), "Content-MD5": md5})
        if request.add_content_md5_metadata:
            response.headers["x-amz-meta-flyteContentMD5"] = md5
        return response

    def grant(self, path: str, query: Mapping[str, str]) -> Grant | None:
        """Return what an address allows, given its path as it was sent, without the first slash, and its query.

        None if the signature isn't ours for them, or is over.
        """
        md5, expires = query.get("md5", ""), query.get("expires", "")
        expected, given = self._signature(path, md5, expires), query.get("signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()) or self._now() > int(expires):
            return None
        return Grant(Key(path), md5)

    def _check_free(self, key: Key, md5: bytes) -> None:
        """Refuse to overwrite a file under a root of the client's choice, unless with the same content."""
        stored = self.blobs.md5(key)
        if stored is not None and stored != md5:
            place = self.blobs.url(key)
            message = f"file already exists at location [{place}], specify a matching hash if you wish to rewrite"
            raise RefusalError(Code.ALREADY_EXISTS, message)

    def _signed(self, key: Key, md5: str, expires: int) -> str:
        path = key.path.rstrip("/")
        query = urlencode({"expires": expires, "md5": md5, "signature": self._signature(path, md5, str(expires))})
        return f"{self._address}/{path}?{query}"

    def _signature(self, path: str, md5: str, expires: str) -> str:
        return hmac.new(self._secret, f"{path}\n{md5}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _random_name() -> str:
    return "".join(secrets.choice(_NAME_CHARACTERS) for _ in range(_NAME_LENGTH))


def _seconds(asked: Duration | None) -> int:
    """Return for how many whole seconds a location shall hold."""
    if asked is None:
        return MAX_SECONDS
    nanoseconds = asked.seconds * _NANOSECONDS + asked.nanos
    if nanoseconds > MAX_SECONDS * _NANOSECONDS:
        limit = _duration_text(MAX_SECONDS * _NANOSECONDS)
        raise invalid(f"expiresIn [{_duration_text(nanoseconds)}] cannot exceed max allowed expiration [{limit}]")
    if nanoseconds <= 0:
        raise invalid(f"expiresIn [{_duration_text(nanoseconds)}] must be more than zero")
    return -(-nanoseconds // _NANOSECONDS)


def _duration_text(nanoseconds: int) -> str:
    """Return a duration as Go prints it from a second on: `1h0m1s`, `2m3.5s`."""
    sign, rest = "-" * (nanoseconds < 0), abs(nanoseconds)
    minutes, rest = divmod(rest, 60 * _NANOSECONDS)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / _NANOSECONDS:.9f}".rstrip("0").rstrip(".")
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}s"
    return f"{sign}{minutes}m{seconds}s" if minutes else f"{sign}{seconds}s"
