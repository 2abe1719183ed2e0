"""Who may call: whoever shows the token, where there is one. Compared in constant time, and shown nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from hatch_flyte.registry.methods.auth import METADATA_SERVICE
from hatch_flyte.registry.methods.health import SERVICE as HEALTH

if TYPE_CHECKING:
    from collections.abc import Iterable

KEYS: Final = ("authorization", "flyte-authorization")
"""Where a token may stand, as with flyteadmin: clients take the second if `GetPublicClientConfig` names it."""

REFUSAL: Final = "the local registry wants a token: expected `authorization: Bearer TOKEN`"

_OPEN: Final = (METADATA_SERVICE, HEALTH)
"""What anybody may ask: how to show a token, and whether the server is alive."""
_SCHEME: Final = "bearer "


class Guard:
    """Knows a token again, without keeping it."""

    def __init__(self, token: str) -> None:
        self._key = secrets.token_bytes(32)
        self._expected = self._digest(token)

    def refusal(self, path: str, metadata: Iterable[tuple[str, str | bytes]]) -> str:
        """Return why a call of `SERVICE/METHOD` with such metadata is refused; empty where it is not."""
        if path.partition("/")[0] in _OPEN:
            return ""
        shown = [value for key, value in metadata if key in KEYS and isinstance(value, str)]
        # Every value is looked at: how long that takes tells nothing of which was the right one.
        if sum(self._is_right(value) for value in shown):
            return ""
        return f"{REFUSAL} (got {'another' if shown else 'none'})"

    def admits(self, authorization: str) -> bool:
        """Return whether an HTTP header `Authorization` shows the token: as a bearer's, or as a password (RFC 7617).

        Browsers ask for a password; whoever's, the user name doesn't count.
        """
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "basic":
            return self._is_right(authorization)
        try:
            password = base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
        except ValueError:
            password = ""
        return self._is_right(_SCHEME + password)

    def _is_right(self, value: str) -> bool:
        token = value[len(_SCHEME) :] if value[: len(_SCHEME)].lower() == _SCHEME else ""
        return hmac.compare_digest(self._expected, self._digest(token)) and bool(token)

    def _digest(self, token: str) -> bytes:
        """Return what has the same length for every token, and tells nothing of it."""
        return hmac.digest(self._key, token.encode(), hashlib.sha256)


def checked_token(name: str, token: str) -> str:
    """Return the token from the variable `name`, if it can be one: `ConfigError` for nothing and for what isn't sent.

    The message doesn't show it.
    """
    from hatch_flyte.errors import ConfigError, Problem

    if not token:
        raise ConfigError([Problem("--token-env", f"expected a token in the variable {name} (got nothing)")])
    if not all("!" <= character <= "~" for character in token):
        what = f"expected visible ASCII characters in the variable {name} (got others, or spaces)"
        raise ConfigError([Problem("--token-env", what)], hint="A client could not send it as it is.")
    return token
