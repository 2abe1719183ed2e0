"""Locations of uploads and downloads: where a file is to be put or had from.

Owns what CreateUploadLocation and CreateDownloadLocation answer. Who listens at the address is `upload_listener`.
"""

from __future__ import annotations

import base64
import re
import secrets
import string
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flyteidl.service.dataproxy_pb2 import CreateDownloadLocationResponse, CreateUploadLocationResponse

from hatch_flyte.registry.blobs import address_key, blob_key
from hatch_flyte.registry.signed_addresses import SignedAddresses
from hatch_flyte.rules import catalogue
from hatch_flyte.rules.downloads import download_seconds, upload_seconds
from hatch_flyte.rules.refusal import RefusalError, invalid
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyteidl.service.dataproxy_pb2 import CreateDownloadLocationRequest, CreateUploadLocationRequest

    from hatch_flyte.registry.blobs import Blobs, Key
    from hatch_flyte.registry.signed_addresses import Grant

_NAME_LENGTH: Final = 20
_NAME_CHARACTERS: Final = string.ascii_letters + string.digits
_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})|\A:|\A[^/?#]*\s[^/?#]*://")
"""What Go's net/url doesn't take for an address."""


class UploadLocations:
    """Hands out locations in `blobs` and knows its own again. `address` is the HTTP listener's.

    `now` gives seconds since 1970.
    """

    def __init__(self, blobs: Blobs, address: str, *, now: Callable[[], float] = time.time) -> None:
        self.blobs = blobs
        self._addresses = SignedAddresses(address, now)

    def create(self, request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        """Return where to put a file, and with which headers; refuse what flyteadmin would refuse, and in its order.

        The headers are those that flyteadmin's S3 store gives, the wrong `Content-Length` included: it is the length
        of the MD5's text, and a client that believes it fails there too.
        """
        if not request.project or not request.domain:
            raise invalid("project and domain are required parameters", rule=catalogue.UPLOAD)
        if not request.content_md5 and not request.filename_root:
            raise invalid("content_md5 or filename_root is a required parameter", rule=catalogue.UPLOAD)
        root = request.filename_root or base64.b32encode(request.content_md5).decode()
        key = blob_key(request.project, request.domain, root, request.filename or _random_name())
        if request.filename and request.filename_root:
            self._check_free(key, request.content_md5)
        seconds = upload_seconds(request.expires_in if request.HasField("expires_in") else None)
        md5 = base64.b64encode(request.content_md5).decode()
        signed, expires = self._addresses.sign("PUT", key.path.rstrip("/"), md5, seconds)
        response = CreateUploadLocationResponse(signed_url=signed, native_url=self.blobs.url(key))
        response.expires_at.seconds = expires
        response.headers.update({"Content-Length": str(len(md5)), "Content-MD5": md5})
        if request.add_content_md5_metadata:
            response.headers["x-amz-meta-flyteContentMD5"] = md5
        return response

    def create_download(self, request: CreateDownloadLocationRequest) -> CreateDownloadLocationResponse:
        """Return where a file can be had from, be it there or not, as an object store would.

        Any address is taken: one of ours for its file, one of an object store for what would lie there under its key.
        """
        problem = "error while validating request:"
        seconds = download_seconds(request.expires_in if request.HasField("expires_in") else None, problem)
        if not _is_address(request.native_url):
            text = f"{problem} failed to parse native_url [{request.native_url}]"
            raise invalid(text, rule=catalogue.DOWNLOAD)
        signed, expires = self._addresses.sign("GET", self._stored_path(request.native_url), "", seconds)
        response = CreateDownloadLocationResponse(signed_url=signed)
        response.expires_at.seconds = expires
        return response

    def grant(self, method: str, path: str, query: Sequence[tuple[str, str]]) -> Grant | None:
        """Return what an address allows to do by `method`; see `SignedAddresses.grant`."""
        return self._addresses.grant(method, path, query)

    def _stored_path(self, address: str) -> str:
        """Return the path among the blobs that an address is of."""
        own = self.blobs.path_of(address)
        if own is not None:
            return own
        parts = urlsplit(address)
        path = address_key(parts.path.strip("/")).path
        if not parts.netloc or not path:
            text = f"native_url: expected an address of a file in this registry (got {address})"
            raise invalid(text, rule=catalogue.DOWNLOAD)
        return path

    def _check_free(self, key: Key, md5: bytes) -> None:
        """Refuse to overwrite a file under a root of the client's choice, unless with the same content."""
        stored = self.blobs.md5(key)
        if stored is not None and stored != md5:
            place = self.blobs.url(key)
            message = f"file already exists at location [{place}], specify a matching hash if you wish to rewrite"
            raise RefusalError(Code.ALREADY_EXISTS, message, rule=catalogue.UPLOAD)


def _random_name() -> str:
    return "".join(secrets.choice(_NAME_CHARACTERS) for _ in range(_NAME_LENGTH))


def _is_address(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return not _UNREADABLE.search(text)
