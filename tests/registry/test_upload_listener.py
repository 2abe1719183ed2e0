"""The HTTP listener: what it stores, what it refuses, and how it starts and ends. Real sockets, real PUTs."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from flyteidl.service.dataproxy_pb2 import CreateDownloadLocationRequest, CreateUploadLocationRequest

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry import upload_listener
from hatch_flyte.registry.blobs import Blobs, blob_key
from hatch_flyte.registry.upload_listener import UploadListener, listening_socket
from hatch_flyte.registry.upload_locations import UploadLocations
from hatch_flyte.rules.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b"content"
LIMIT = 1_000_000


def md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()


@pytest.fixture
def locations(tmp_path: Path) -> Iterator[UploadLocations]:
    with closing(UploadListener("127.0.0.1", 0, grace=5, max_bytes=LIMIT)) as listener:
        made = UploadLocations(Blobs(tmp_path), listener.address)
        listener.start(made)
        yield made


def location(locations: UploadLocations, **fields: Any) -> str:
    given = {"project": "p", "domain": "d", "filename": "f", "filename_root": "r", "content_md5": md5(BODY)} | fields
    return str(locations.create(CreateUploadLocationRequest(**given)).signed_url)


def put(url: str, body: bytes, headers: dict[str, str] | None = None, method: str = "PUT") -> tuple[int, str]:
    if headers is None:
        headers = {"Content-MD5": base64.b64encode(md5(body)).decode()}
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


def stored(locations: UploadLocations, name: str = "f") -> bytes | None:
    path = locations.blobs.path(blob_key("p", "d", "r", name))
    return path.read_bytes() if path.is_file() else None


def test_what_was_promised_is_stored_and_answered_with_nothing(locations: UploadLocations) -> None:
    assert put(location(locations), BODY) == (200, "")
    assert stored(locations) == BODY


def test_the_same_may_be_put_again(locations: UploadLocations) -> None:
    url = location(locations)
    assert [put(url, BODY)[0] for _ in range(2)] == [200, 200]


def test_a_large_body_arrives_whole(locations: UploadLocations) -> None:
    body = bytes(range(256)) * (LIMIT // 256)
    assert put(location(locations, content_md5=md5(body)), body) == (200, "")
    assert stored(locations) == body


def test_names_that_need_escaping_arrive(locations: UploadLocations) -> None:
    for name in ("my file", "grün", "a'b\"c", "a+b:c&d"):
        assert put(location(locations, filename=name), BODY) == (200, "")
        assert stored(locations, name) == BODY


@pytest.mark.parametrize(
    ("body", "headers", "text"),
    [
        (b"other", None, "Content-MD5 is not the one that this address was asked for"),
        (b"other", {"Content-MD5": base64.b64encode(md5(BODY)).decode()}, "the body is not what Content-MD5 says"),
        (BODY, {}, "Content-MD5 is not the one that this address was asked for"),
    ],
)
def test_content_that_was_not_promised_is_refused(
    locations: UploadLocations, body: bytes, headers: dict[str, str] | None, text: str
) -> None:
    assert put(location(locations), body, headers) == (400, f"{text}\n")
    assert stored(locations) is None


def test_an_address_asked_for_without_a_digest_takes_anything_that_is_what_it_says(locations: UploadLocations) -> None:
    url = location(locations, content_md5=b"")
    assert put(url, b"one", {}) == (200, "")
    assert put(url, b"two", {"Content-MD5": base64.b64encode(md5(b"one")).decode()})[0] == 400
    assert put(url, b"two", {"Content-MD5": "???"}) == (400, "Content-MD5 is not an MD5 in base64\n")
    assert put(url, b"two", {"Content-MD5": "AAAA"}) == (400, "Content-MD5 is not an MD5 in base64\n")
    assert stored(locations) == b"one"


def test_a_body_over_the_limit_is_refused_before_its_end(locations: UploadLocations) -> None:
    body = b"x" * (LIMIT + 1)
    assert put(location(locations, content_md5=md5(body)), body) == (413, f"the body is longer than {LIMIT} bytes\n")
    assert stored(locations) is None


def test_a_wrong_signature_is_refused(locations: UploadLocations) -> None:
    url = location(locations)
    for wrong in (f"{url}0", url.partition("?")[0], url.replace("/r/f?", "/r/g?")):
        assert put(wrong, BODY) == (403, "the signature of this address is wrong or has expired\n")
    assert stored(locations) is None


def test_nothing_but_putting_and_getting_is_taken(locations: UploadLocations) -> None:
    for method in ("POST", "DELETE", "OPTIONS"):
        assert put(location(locations), BODY, method=method)[0] == 405


def get(locations: UploadLocations, address: str, range_: str = "", method: str = "GET") -> tuple[int, bytes, str]:
    """Return status, body and `Content-Range` of a download."""
    parts = urlsplit(locations.create_download(CreateDownloadLocationRequest(native_url=address)).signed_url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", headers={"Range": range_} if range_ else {})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("Content-Range", "")


def put_there(locations: UploadLocations, name: str = "f") -> str:
    """Put the body there, and return its address."""
    request = CreateUploadLocationRequest(project="p", domain="d", filename=name, filename_root="r")
    response = locations.create(request)
    assert put(response.signed_url, BODY) == (200, "")
    return str(response.native_url)


@pytest.mark.parametrize(
    ("range_", "status", "body", "told"),
    [
        ("", 200, BODY, ""),
        ("bytes=0-", 206, BODY, f"bytes 0-{len(BODY) - 1}/{len(BODY)}"),
        ("bytes=1-2", 206, BODY[1:3], f"bytes 1-2/{len(BODY)}"),
        ("bytes=-2", 206, BODY[-2:], f"bytes {len(BODY) - 2}-{len(BODY) - 1}/{len(BODY)}"),
        ("bytes=2-999", 206, BODY[2:], f"bytes 2-{len(BODY) - 1}/{len(BODY)}"),
        ("bytes=999-", 416, b"", f"bytes */{len(BODY)}"),
        ("bytes=-0", 416, b"", f"bytes */{len(BODY)}"),
        ("bytes=3-1", 200, BODY, ""),
        ("bytes=0-1,3-4", 200, BODY, ""),
        ("lines=1-2", 200, BODY, ""),
        ("bytes=-", 200, BODY, ""),
    ],
)
def test_what_was_put_is_given_whole_or_in_part(
    locations: UploadLocations, range_: str, status: int, body: bytes, told: str
) -> None:
    assert get(locations, put_there(locations, "a file ü"), range_) == (status, body, told)


def test_the_head_of_a_file_tells_its_size_only(locations: UploadLocations) -> None:
    assert get(locations, put_there(locations), method="HEAD") == (200, b"", "")


def test_what_is_not_there_is_told_when_it_is_asked_for(locations: UploadLocations) -> None:
    folder = put_there(locations).rpartition("/")[0]
    for address in (f"{folder}/other", folder, "s3://my-s3-bucket/p/d/other"):
        assert get(locations, address)[0] == 404
    assert get(locations, "s3://my-s3-bucket/p/d/r/f") == (200, BODY, "")


def test_nothing_outside_of_the_folder_is_given(locations: UploadLocations, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = put_there(locations).removesuffix("p/d/r/f")
    for address in ("file:///etc/passwd", f"{folder}/etc/passwd", f"{folder}../secret", "file:///", ""):
        with pytest.raises(RefusalError, match="native_url: expected an address of a file in this registry"):
            get(locations, address)
    for path in ("../secret", "%2e%2e/secret", "..%2fsecret", "/etc/passwd"):
        assert get(locations, f"s3://bucket/{path}")[0] == 404


def test_an_address_for_putting_does_not_give_and_the_other_way_round(locations: UploadLocations) -> None:
    address = put_there(locations)
    url = locations.create_download(CreateDownloadLocationRequest(native_url=address)).signed_url
    assert put(url, BODY)[0] == 403
    assert put(location(locations), b"", method="GET")[0] == 403


def test_a_disk_that_fails_is_told_of(locations: UploadLocations) -> None:
    status, text = put(location(locations, filename="x" * 300), BODY)
    assert status == 507
    assert "File name too long" in text


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_client_that_goes_away_leaves_nothing(locations: UploadLocations, tmp_path: Path) -> None:
    parts = urlsplit(location(locations))
    digest = base64.b64encode(md5(BODY)).decode()
    with closing(socket.create_connection((str(parts.hostname), int(parts.port or 0)))) as raw:
        head = (
            f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-MD5: {digest}\r\nContent-Length: 7\r\n\r\n"
        )
        raw.sendall(head.encode() + b"con")
    assert put(location(locations, filename="after"), BODY) == (200, "")
    assert stored(locations) is None
    deadline = time.monotonic() + 10  # the listener notices in its own time
    while (found := files(tmp_path)) != ["after"] and time.monotonic() < deadline:
        put(location(locations, filename="after"), BODY)
    assert found == ["after"]


def test_a_listener_has_its_port_before_it_answers(tmp_path: Path) -> None:
    with closing(UploadListener("127.0.0.1", 0, grace=1, max_bytes=LIMIT)) as listener:
        made = UploadLocations(Blobs(tmp_path), listener.address)
        parts = urlsplit(location(made))
        with closing(socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10)):
            listener.start(made)
            assert put(location(made), BODY) == (200, "")


def test_a_listener_may_be_closed_before_it_began(tmp_path: Path) -> None:
    listener = UploadListener("127.0.0.1", 0, grace=1, max_bytes=LIMIT)
    listener.close()
    listener = UploadListener("127.0.0.1", 0, grace=1, max_bytes=LIMIT)
    listener.start(UploadLocations(Blobs(tmp_path), listener.address))
    listener.close()
    with pytest.raises(ConnectionError):
        put(f"{listener.address}/x?y", BODY)


def test_a_port_that_somebody_has_is_told_of() -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RegistryError, match=rf"cannot listen at 127\.0\.0\.1:{port} \(.*in use.*\)") as caught:
            UploadListener("127.0.0.1", port, grace=1, max_bytes=LIMIT)
    assert "Choose another port" in caught.value.hint


def test_a_host_that_is_none_is_told_of() -> None:
    with pytest.raises(RegistryError, match="cannot listen at no such host:0"):
        listening_socket("no such host", 0)


def test_an_address_of_version_6_stands_in_brackets() -> None:
    assert upload_listener.host_text("::1") == "[::1]"
