"""Upload locations: what is asked, what is answered, and which addresses are taken for our own."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flyteidl.service.dataproxy_pb2 import CreateDownloadLocationRequest, CreateUploadLocationRequest
from google.protobuf.duration_pb2 import Duration

from hatch_flyte.registry.blobs import Blobs, Key
from hatch_flyte.registry.upload_locations import UploadLocations
from hatch_flyte.rules.downloads import MAX_SECONDS
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from pathlib import Path

MD5 = hashlib.md5(b"content", usedforsecurity=False).digest()


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_700_000_000.5

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def locations(tmp_path: Path, clock: Clock) -> UploadLocations:
    return UploadLocations(Blobs(tmp_path), "http://127.0.0.1:1", now=clock)


def request(**fields: Any) -> CreateUploadLocationRequest:
    return CreateUploadLocationRequest(**{"project": "p", "domain": "d", "filename": "f", "content_md5": MD5} | fields)


def opened(url: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(url)
    return parts.path[1:], parse_qsl(parts.query, keep_blank_values=True)


def test_an_address_is_known_again_with_what_it_allows(locations: UploadLocations) -> None:
    path, query = opened(locations.create(request()).signed_url)
    grant = locations.grant("PUT", path, query)
    assert grant is not None
    assert grant.path == path
    assert grant.md5


def test_an_address_is_over_after_its_time(locations: UploadLocations, clock: Clock) -> None:
    response = locations.create(request(expires_in=Duration(seconds=5)))
    path, query = opened(response.signed_url)
    assert response.expires_at.seconds == int(clock.seconds) + 5
    clock.seconds += 4
    assert locations.grant("PUT", path, query)
    clock.seconds += 2
    assert locations.grant("PUT", path, query) is None


def test_an_address_holds_an_hour_unless_asked_for_less(locations: UploadLocations, clock: Clock) -> None:
    assert locations.create(request()).expires_at.seconds == int(clock.seconds) + MAX_SECONDS
    assert locations.create(request(expires_in=Duration(nanos=1))).expires_at.seconds == int(clock.seconds) + 1


@pytest.mark.parametrize("changed", ["expires", "md5", "signature"])
def test_an_address_of_which_anything_was_changed_is_not_ours(locations: UploadLocations, changed: str) -> None:
    path, query = opened(locations.create(request()).signed_url)
    others = [(name, value) for name, value in query if name != changed]
    own = dict(query)[changed]
    assert locations.grant("PUT", path, [*others, (changed, own)])
    for more in ([(changed, f"{own}0")], [], 2 * [(changed, own)], [(changed, own), ("x", "")], [("x", own)]):
        assert locations.grant("PUT", path, [*others, *more]) is None
    assert locations.grant("PUT", f"{path}x", query) is None


def test_an_address_of_another_server_is_not_ours(locations: UploadLocations, tmp_path: Path) -> None:
    other = UploadLocations(Blobs(tmp_path), "http://127.0.0.1:1")
    assert locations.grant("PUT", *opened(other.create(request()).signed_url)) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"project": ""}, "project and domain are required parameters"),
        ({"domain": ""}, "project and domain are required parameters"),
        ({"content_md5": b""}, "content_md5 or filename_root is a required parameter"),
        ({"filename": "../../../x"}, "expected a place inside of p/d"),
        (
            {"expires_in": Duration(seconds=3600, nanos=500_000_000)},
            r"expiresIn \[1h0m0.5s\] cannot exceed max allowed expiration \[1h0m0s\]",
        ),
        ({"expires_in": Duration(seconds=-65)}, r"expiresIn \[-1m5s\] must be more than zero"),
        ({"expires_in": Duration()}, r"expiresIn \[0s\] must be more than zero"),
    ],
)
def test_a_wrong_request_is_refused(locations: UploadLocations, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusalError, match=message) as caught:
        locations.create(request(**fields))
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_a_file_under_a_chosen_root_is_not_overwritten_with_other_content(locations: UploadLocations) -> None:
    with locations.blobs.writing(Key("p/d/r/f")) as file:
        file.write(b"content")
    assert locations.create(request(filename_root="r"))
    for md5 in (b"", hashlib.md5(b"other", usedforsecurity=False).digest()):
        with pytest.raises(RefusalError, match=r"file already exists at location \[file://.*/p/d/r/f\]") as caught:
            locations.create(request(filename_root="r", content_md5=md5))
        assert caught.value.code is Code.ALREADY_EXISTS


def test_a_file_without_a_name_gets_one(locations: UploadLocations) -> None:
    names = {locations.create(request(filename="")).native_url.rpartition("/")[2] for _ in range(2)}
    assert len(names) == 2
    assert all(len(name) == 20 and name.isalnum() for name in names)


@pytest.mark.parametrize("address", ["s3://[bad", "s3://bucket/a%zzb", "s3://bucket/a\x01b"])
def test_what_is_no_address_cannot_be_downloaded(locations: UploadLocations, address: str) -> None:
    with pytest.raises(RefusalError) as caught:
        locations.create_download(CreateDownloadLocationRequest(native_url=address))
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.message == f"error while validating request: failed to parse native_url [{address}]"
