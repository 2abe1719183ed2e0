"""The web console's address: as configured, or derived from the endpoint as flytekit does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hatch_flyte.config.endpoint import PLAIN_PORT, TLS_PORT

if TYPE_CHECKING:
    from hatch_flyte.config.endpoint import Endpoint

_ADDRESS: Final = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[^\s?#@]*)?")


def console_expectation(text: str) -> str:
    """Return what was expected of a text that is no address of a console; nothing of one that is."""
    return "" if _ADDRESS.fullmatch(text) else "https://host or http://host, perhaps with a port and a path"


def console_address(configured: str, endpoint: Endpoint, *, insecure: bool) -> str:
    """Return the console's address without a slash at its end; empty where none is known.

    flytekit's rule (`FlyteRemote.generate_console_http_domain`): the configured one, else the endpoint, after `https://`
    or, without TLS, `http://`. On loopback there may be no console beside the API, so none is made up.
    """
    if configured:
        return configured.rstrip("/")
    if endpoint.is_loopback:
        return ""
    usual = PLAIN_PORT if insecure else TLS_PORT
    text = str(endpoint)
    return f"{'http' if insecure else 'https'}://{text.removesuffix(f':{usual}') if endpoint.port == usual else text}"
