"""The proxy's address, which holds no password: it would stand in a file."""

from __future__ import annotations

import re
from typing import Final

from hatch_flyte.config.endpoint import HIGHEST_PORT

_PROXY: Final = re.compile(r"http://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?/?")


def proxy_expectation(text: str) -> str:
    """Return what was expected of a text that is neither a proxy's address nor empty; nothing of one that is."""
    if not text:
        return ""
    if "@" in text:
        return "http://host:port without user and password (the variable https_proxy may hold them)"
    match = _PROXY.fullmatch(text)
    fits = match and (match[2] is None or 1 <= int(match[2]) <= HIGHEST_PORT)
    return "" if fits else 'http://host:port, or "" for none'
