"""The HTTP PUT: headers, answers, and that a signed address never shows. Real HTTP servers answer."""

from __future__ import annotations

import base64
import hashlib
import logging
import shutil
import ssl
import time
import traceback
from typing import TYPE_CHECKING

import pytest
from registry.support_server import LOOPBACK, Store, Stored, free_port, listening, make_certificate, storing

from hatch_flyte import __version__
from hatch_flyte.errors import AccessError, RegistryError, RejectedError, UnreachableError
from hatch_flyte.registry.connection import Patience
from hatch_flyte.registry.retry import TransientError
from hatch_flyte.registry.upload import Destination, Way, put

if TYPE_CHECKING:
    import socket
    from pathlib import Path

DATA = b"bundle" * 10_000
MD5 = base64.b64encode(hashlib.md5(DATA, usedforsecurity=False).digest()).decode()
SIGNATURE = "f00dfeedf00dfeed"
CREDENTIAL = "AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request"
QUERY = f"X-Amz-Credential={CREDENTIAL.replace('/', '%2F')}&X-Amz-Signature={SIGNATURE}&X-Amz-Expires=3600"
NATIVE = "s3://bucket/pipelines/staging/d1/fastd1.tar.gz"
QUICK = Patience(send=0.5, stored=0.5, connect=1)


def destination(base: str, native: str = NATIVE, **headers: str) -> Destination:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Destination(f"{base}/bucket/d1%3D%3D/fastd1.tar.gz?{QUERY}", native, named)


async def failure(to: Destination) -> RegistryError:
    """Return what a PUT to `to` fails with, after looking for secrets in everything that could be shown of it."""
    with pytest.raises((RegistryError, TransientError)) as caught:
        await put(to, DATA, Way(QUICK))
    problem: Exception = caught.value
    error = problem.error if isinstance(problem, TransientError) else problem
    assert isinstance(error, RegistryError)
    shown = [str(error), repr(error), repr(problem), repr(to), *traceback.format_exception(problem)]
    for secret in (SIGNATURE, "AKIDEXAMPLE", "X-Amz"):
        assert secret not in "".join(shown)
    assert problem.__cause__ is None
    assert problem.__context__ is None
    return error


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_any_2xx_is_success_and_the_store_has_the_bytes(status: int) -> None:
    store = Store(Stored(status))
    with storing(store) as base:
        await put(destination(base), DATA, Way(QUICK))
    (received,) = store.puts
    assert received.body == DATA
    assert received.path == f"/bucket/d1%3D%3D/fastd1.tar.gz?{QUERY}"


async def test_the_headers_are_the_responses_with_the_real_length_and_digest_and_no_content_type() -> None:
    store = Store()
    given = {"Content_Length": "24", "Content_MD5": MD5, "x_amz_meta_flyteContentMD5": MD5, "x_empty": ""}
    with storing(store) as base:
        await put(destination(base, **given), DATA, Way(QUICK))
    headers = store.puts[0].headers
    assert headers.pop("host") in base
    assert headers.pop("accept-encoding") == "identity"
    assert headers == {
        "content-length": str(len(DATA)),
        "content-md5": MD5,
        "user-agent": f"hatch-flyte/{__version__}",
        "x-amz-meta-flytecontentmd5": MD5,
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [({}, "BlockBlob"), ({"x_ms_blob_type": "AppendBlob"}, "AppendBlob"), ({"X_MS_Blob_Type": "X"}, "X")],
)
async def test_azure_gets_its_blob_type_unless_it_is_given(given: dict[str, str], sent: str) -> None:
    store = Store(Stored(201))
    with storing(store) as base:
        await put(destination(base, "abfs://container/fastd1.tar.gz", **given), DATA, Way(QUICK))
    assert store.puts[0].headers["x-ms-blob-type"] == sent


def test_azure_is_known_by_its_host_too() -> None:
    to = Destination("https://acme.blob.core.windows.net/c/f?sig=x", "https://acme.example/c/f")
    assert to.headers_for(b"")["x-ms-blob-type"] == "BlockBlob"
    assert "x-ms-blob-type" not in Destination("https://s3.example/c/f", "s3://c/f").headers_for(b"")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_store_in_trouble_may_be_asked_again(status: int) -> None:
    with storing(Store(Stored(status))) as base, pytest.raises(TransientError, match=f"answered {status}") as caught:
        await put(destination(base), DATA, Way(QUICK))
    assert isinstance(caught.value.error, UnreachableError)
    assert caught.value.pause is None


@pytest.mark.parametrize(
    ("retry_after", "pause"), [("7", 7), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None), ("", None)]
)
async def test_the_pause_that_a_store_asks_for_is_handed_on(retry_after: str, pause: float | None) -> None:
    store = Store(Stored(503, {"Retry-After": retry_after}))
    with storing(store) as base, pytest.raises(TransientError) as caught:
        await put(destination(base), DATA, Way(QUICK))
    assert caught.value.pause == pause


S3_ERROR = f"""<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>The request signature
 we calculated does not match</Message><StringToSign>AWS4 {CREDENTIAL}</StringToSign>
 <SignatureProvided>{SIGNATURE}</SignatureProvided></Error>""".encode()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_signature_is_about_access_and_is_shown_without_it(status: int) -> None:
    with storing(Store(Stored(status, body=S3_ERROR))) as base:
        error = await failure(destination(base))
        assert isinstance(error, AccessError)
        assert error.message == (
            f"upload to {base}/bucket/d1%3D%3D/fastd1.tar.gz: the store answered {status} "
            "(SignatureDoesNotMatch: The request signature we calculated does not match)"
        )
    assert "clocks" in error.hint


async def test_a_message_that_quotes_the_address_is_shown_without_its_query() -> None:
    quoted = f"<Message>bad: http://h/p?{QUERY} and {CREDENTIAL} and {SIGNATURE}</Message>".encode()
    with storing(Store(Stored(400, body=quoted))) as base:
        error = await failure(destination(base))
    assert isinstance(error, RejectedError)
    assert "bad: http://h/p?… and … and …" in error.message


@pytest.mark.parametrize("status", [307, 400, 404, 411, 412])
async def test_any_other_answer_is_final(status: int) -> None:
    store = Store(Stored(status, {"Location": f"http://{LOOPBACK}:{free_port()}/?{QUERY}"}))
    with storing(store) as base:
        error = await failure(destination(base))
    assert isinstance(error, RejectedError)
    assert f"the store answered {status}" in error.message
    assert len(store.puts) == 1


async def test_a_connection_that_breaks_may_be_tried_again() -> None:
    with storing(Store(Stored(0))) as base:
        error = await failure(destination(base))
    assert "the connection broke" in error.message


async def test_a_store_that_never_answers_is_left_after_its_time() -> None:
    with listening(lambda _connection: None) as port:
        error = await failure(destination(f"http://{LOOPBACK}:{port}"))
    assert "the connection broke" in error.message
    assert "timed out" in error.message.lower()


async def test_a_store_that_takes_longer_than_one_pieces_time_for_all_pieces_is_waited_for() -> None:
    size = 40_000_000  # more than sockets buffer, so that the sender waits for the reader

    def read_slowly(connection: socket.socket) -> None:
        left = size
        with connection.makefile("rb") as stream:
            while stream.readline() != b"\r\n":
                pass
            while left:
                left -= len(stream.read(size // 10))
                time.sleep(0.1)  # in all longer than the time for one piece
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with listening(read_slowly) as port:
        await put(destination(f"http://{LOOPBACK}:{port}"), bytes(size), Way(Patience(send=0.4, stored=5)))


async def test_a_store_that_nobody_listens_at_is_worth_no_more_than_the_time_to_connect() -> None:
    with pytest.raises(TransientError, match="nobody answers") as caught:
        await put(destination(f"http://{LOOPBACK}:{free_port()}"), DATA, Way(QUICK))
    assert caught.value.limit == QUICK.connect
    assert " object at " not in caught.value.error.message
    assert "storage.signedURL" in caught.value.error.hint


async def test_an_unknown_store_is_shown_without_the_query() -> None:
    assert "no-such-store.invalid" in (await failure(destination("http://no-such-store.invalid"))).message


@pytest.mark.parametrize("url", [f"http://[::1/x?{QUERY}", f"ftp://store/x?{QUERY}", f"/x?{QUERY}", ""])
async def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    error = await failure(Destination(url, NATIVE))
    assert isinstance(error, RejectedError)


async def test_a_header_that_would_split_the_request_is_refused() -> None:
    with storing(Store()) as base:
        error = await failure(destination(base, x_amz="a\r\nHost: elsewhere"))
    assert isinstance(error, RejectedError)


async def test_a_user_and_password_in_the_address_are_not_shown() -> None:
    error = await failure(destination(f"http://user:secret@{LOOPBACK}:{free_port()}"))
    assert "secret" not in str(error)


async def test_urllib3s_own_record_of_the_request_is_without_the_query(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), storing(Store()) as base:
        await put(destination(base), DATA, Way(QUICK))
    assert "/bucket/d1%3D%3D/fastd1.tar.gz?…" in caplog.text
    assert SIGNATURE not in caplog.text


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command makes the certificates")
@pytest.mark.parametrize("trusted", [True, False])
async def test_the_machines_certificates_decide_whether_a_store_is_trusted(
    trusted: bool,  # noqa: FBT001 # a parameter of the test
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "localhost.crt", tmp_path / "localhost.key")
    store = Store()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.crt"))
    with storing(store, context) as base:
        if trusted:
            await put(destination(base), DATA, Way(QUICK))
        else:
            error = await failure(destination(base))
            assert isinstance(error, UnreachableError)
            assert "CERTIFICATE_VERIFY_FAILED" in error.message
            assert "SSL_CERT_FILE" in error.hint
    assert len(store.puts) == trusted
