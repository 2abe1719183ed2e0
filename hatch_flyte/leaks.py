"""Looks for what belongs to the machine that packaged, and to no other: its paths and its name.

Functions of values; what the machine is called is a parameter.
"""

from __future__ import annotations

import base64
import contextlib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPECIFIC = 3
"""Parts of a path from which it is taken for one of this machine: `/app` or `/root` may well be one in an image."""

_HOMES = ("/home/", "/Users/")
_WORD = rb"A-Za-z0-9._-"
_PACKED = re.compile(rb"H4sI[A-Za-z0-9+/]{16,}={0,2}")
"""gzip in base64, as flytekit packs its settings into the variable `_F_SS_C`."""

_LARGEST_UNPACKED = 1 << 20


@dataclass(frozen=True, slots=True)
class Machine:
    """What tells one machine from others."""

    paths: tuple[str, ...] = ()
    """Absolute: the project's folder, the user's, that of temporary files, the interpreter's."""
    host: str = ""


def leak_in(data: bytes, machine: Machine) -> str:
    """Return something in `data` that belongs to the machine, or nothing.

    Also looks into what flytekit has packed. A path counts from three parts on, and a user's folder; a host's name if
    it has a digit, a dash or a dot, since others are words.
    """
    for text in (data, *_unpacked(data)):
        for path in filter(_is_specific, machine.paths):
            plain = path.encode()
            if plain not in text:  # by far the fastest way to say so
                continue
            if found := re.search(re.escape(plain) + rb"(?![%s])[^\x00-\x20\"'`<>|\x7f-\xff]*" % _WORD, text):
                return found.group().decode()
        host = machine.host.encode()
        telling = host in text and re.search(rb"[0-9.-]", host) and host != b"localhost"
        if telling and re.search(rb"(?<![%s])%s(?![%s])" % (_WORD, re.escape(host), _WORD), text):
            return machine.host
    return ""


def _is_specific(path: str) -> bool:
    parts = [part for part in path.split("/") if part]
    return len(parts) >= _SPECIFIC or (path.startswith(_HOMES) and len(parts) > 1)


def _unpacked(data: bytes) -> Iterator[bytes]:
    for found in _PACKED.finditer(data):
        with contextlib.suppress(ValueError, zlib.error):  # it may only look like it
            yield zlib.decompressobj(wbits=31).decompress(base64.b64decode(found.group()), _LARGEST_UNPACKED)
