"""A file as an answer to GET and HEAD: whole, or the part that a `Range` asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

_CHUNK: Final = 1 << 18
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
"""One range. Several at once, and other units, may be answered with the whole (RFC 9110, 14.2)."""


def file_response(path: Path, request: Request) -> Response:
    """Return the answer to a request for the file at `path`; 404 where there is none, 416 beyond its end."""
    from starlette.responses import PlainTextResponse, StreamingResponse

    size = _size(path)
    if size is None:
        return PlainTextResponse("nothing is stored at this address\n", 404)
    asked = byte_range(request.headers.get("range", ""), size)
    if asked is not None and asked[0] >= asked[1]:
        return PlainTextResponse("", 416, {"Content-Range": f"bytes */{size}"})
    start, end = asked or (0, size)
    headers = {"Content-Length": str(end - start), "Accept-Ranges": "bytes"}
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    content = _part(path, start, end - start if request.method == "GET" else 0)
    return StreamingResponse(content, 206 if asked else 200, headers, "application/octet-stream")


def _size(path: Path) -> int | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return beginning and end of what a `Range` asks of so many bytes; None for the whole, nothing for what isn't."""
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size
    start, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
    return None if match[2] and int(match[2]) < start else (start, end)


def _part(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(_CHUNK, length))):
            length -= len(chunk)
            yield chunk
