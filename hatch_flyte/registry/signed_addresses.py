"""Addresses that are signed: who has one may do one thing at one path, for a while, and need not ask again.

The key is made anew with each instance, so addresses end with the process. Knows nothing of what is at a path.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_QUERY: Final = frozenset({"expires", "md5", "signature"})
_SECONDS: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signed address allows."""

    path: str
    """As it stands in the address: characters escaped."""
    md5: str
    """The MD5 of what may be put there, in base64; empty for anything."""


class SignedAddresses:
    """Signs addresses below `address`, and knows its own again. `now` gives seconds since 1970."""

    def __init__(self, address: str, now: Callable[[], float]) -> None:
        self._address = address
        self._now = now
        self._secret = secrets.token_bytes(32)

    def sign(self, method: str, path: str, md5: str, seconds: int) -> tuple[str, int]:
        """Return an address at which `method` may be used for so many seconds, and when it is over."""
        expires = int(self._now()) + seconds
        signature = self._signature(method, path, md5, str(expires))
        query = urlencode({"expires": expires, "md5": md5, "signature": signature})
        return f"{self._address}/{path}?{query}", expires

    def grant(self, method: str, path: str, query: Sequence[tuple[str, str]]) -> Grant | None:
        """Return what an address allows, given its path as it was sent, without the first slash, and its query.

        None if the signature isn't ours for them, or is over, and for a query with anything besides.
        """
        values = dict(query)
        if len(query) != len(_QUERY) or values.keys() != _QUERY:
            return None
        md5, expires, given = values["md5"], values["expires"], values["signature"]
        expected = self._signature(method, path, md5, expires)
        if not hmac.compare_digest(expected.encode(), given.encode()):
            return None
        return Grant(path, md5) if _SECONDS.fullmatch(expires) and self._now() <= int(expires) else None

    def _signature(self, method: str, path: str, md5: str, expires: str) -> str:
        return hmac.new(self._secret, f"{method}\n{path}\n{md5}\n{expires}".encode(), hashlib.sha256).hexdigest()
