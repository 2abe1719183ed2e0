"""The certificate that a server shows, whoever it is: what `insecure-skip-verify` trusts.

gRPC's core cannot leave a certificate unverified. So the one that is shown is fetched first and made the only one that
is trusted, by a name that stands in it, as flytekit does. Whoever stands in between can show their own.
"""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.registry.connection import Connection
    from hatch_flyte.registry.proxy import Proxy

_HOST: Final = re.compile(r"[A-Za-z0-9*-]+(\.[A-Za-z0-9-]+)*")
_ALERT: Final = re.compile(r"ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_|UNSUPPORTED_CERT)")
"""TLS alerts about the certificate that we showed, or didn't, in OpenSSL's names."""
_ANSWER_LIMIT: Final = 64 * 1024
_OK: Final = re.compile(rb"HTTP/1\.[01] 2\d\d[ \r]")


class UnusableCertificateError(Exception):
    """gRPC would not take the certificate even if it were trusted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A server's own certificate."""

    certificate: bytes
    """In PEM."""
    name: str
    """A host that it is for; empty where that is the host that was asked."""


def shown(connection: Connection, seconds: float) -> Shown:
    """Return what the server of `connection` shows. Blocks, for `seconds` at most in each step.

    Raises `UnusableCertificateError`, and `OSError` (`ssl.SSLError` among it) where there is no handshake.
    """
    host, _ = connection.address
    context = _context(connection)
    context.verify_mode = ssl.CERT_NONE
    with _handshake(connection, context, seconds) as tls:
        certificate = ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True) or b"")
    # What is in it Python tells only of a certificate that it has verified: by itself.
    context = _context(connection)
    context.load_verify_locations(cadata=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        with _handshake(connection, context, seconds) as tls:
            return Shown(certificate.encode(), name_in(tls.getpeercert() or {}, host))
    except ssl.SSLCertVerificationError as problem:
        raise UnusableCertificateError(problem.verify_message) from problem


def wants_certificate(connection: Connection, seconds: float) -> Literal["yes", "perhaps", "no"]:
    """Return whether the server ends a connection for want of a client certificate. Blocks, as `shown` does.

    With TLS 1.3 it says so only when the client takes the connection for made: then gRPC says that it was closed.
    gRPC's own server says nothing and closes, where it would have sent its settings.
    """
    context = _context(connection)
    context.verify_mode = ssl.CERT_NONE
    try:
        with _handshake(connection, context, seconds) as tls:
            return "no" if tls.recv(1) else "perhaps"
    except ssl.SSLError as problem:
        return "yes" if _ALERT.search(str(problem)) else "no"
    except OSError:
        return "no"


def name_in(certificate: Any, host: str) -> str:
    """Return a host that `certificate`, as `SSLSocket.getpeercert` gives it, is for; empty if `host` itself is one.

    Raises `UnusableCertificateError` where there is no name of a host, nor an address.
    """
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in {"DNS", "IP Address"}]
    if not names:
        subject = (pair for parts in certificate.get("subject", ()) for pair in parts)
        names = [value for key, value in subject if key == "commonName" and _HOST.fullmatch(value)]
    if not names:
        raise UnusableCertificateError("there is no host's name in it")
    if any(_is_for(name, host) for name in names):
        return ""
    return str(names[0]).replace("*", "any", 1)


def _is_for(name: str, host: str) -> bool:
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _context(connection: Connection) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    if identity := connection.trust.identity:
        context.load_cert_chain(identity.chain_file, identity.key_file)
    return context


@contextmanager
def _handshake(connection: Connection, context: ssl.SSLContext, seconds: float) -> Iterator[ssl.SSLSocket]:
    host, port = connection.address
    proxy = connection.proxy
    way = (proxy.host, proxy.port) if proxy else (host, port)
    with socket.create_connection(way, timeout=seconds) as plain:
        if proxy:
            _tunnel(plain, proxy, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        with context.wrap_socket(plain, server_hostname=host) as tls:
            yield tls


def _tunnel(plain: socket.socket, proxy: Proxy, authority: str) -> None:
    """Have `proxy` connect us to `authority` (RFC 9110, CONNECT)."""
    authorization = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    plain.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        piece = plain.recv(1)  # byte by byte: what follows the headers is the server's
        answer += piece
        if not piece or len(answer) > _ANSWER_LIMIT:
            raise OSError("HTTP proxy broke the connection off")
    if not _OK.match(answer):
        raise OSError(f"HTTP proxy returned response code {answer[9:12].decode('ascii', 'replace')}")
