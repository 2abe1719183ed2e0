"""TLS: whom to trust, and what to show of ourselves. PEM files are read and checked once, then kept as values.

gRPC gets the bytes, uploads get an SSL context that trusts the same. Knows neither gRPC nor HTTP.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hatch_flyte.errors import Problem

if TYPE_CHECKING:
    import ssl

    from hatch_flyte.config.target import Transport

_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_KEY: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A client certificate with its key, as files and as their contents."""

    chain_file: Path
    key_file: Path
    chain: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose certificates are taken, and which one is shown."""

    authorities: bytes | None = field(default=None, repr=False)
    """Certificates of authorities, in PEM; None: those that this machine trusts."""
    identity: Identity | None = None
    """What is shown to those who ask for a certificate."""
    verify: bool = True
    """False: any certificate is taken."""

    @property
    def roots(self) -> bytes | None:
        """The authorities for gRPC, in PEM; None for those that gRPC brings."""
        return self.authorities or machine_roots()

    def context(self) -> ssl.SSLContext:
        """Return the context for uploads: trusts those of this machine besides `authorities`.

        An object store of a public cloud has a public certificate, where the control plane has one of the house.
        Raises `OSError` if the identity's files can no longer be read.
        """
        import ssl

        context = ssl.create_default_context()
        if self.authorities:
            context.load_verify_locations(cadata=self.authorities.decode("ascii"))
        if self.identity:
            context.load_cert_chain(self.identity.chain_file, self.identity.key_file, "")
        if not self.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


MACHINE: Final = Trust()
"""What this machine trusts; nothing is shown."""


class _UnusableError(Exception):
    """What is wrong with a file: a key of the cluster's table, and what was expected and got."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(key, what)
        self.key, self.what = key, what


def read_trust(transport: Transport, where: str) -> tuple[Trust, list[Problem]]:
    """Return what `transport` says of TLS, and all that is wrong with its files, as problems of `where`.

    With problems the trust is not to be used.
    """
    problems = []
    authorities, identity = None, None
    try:
        authorities = _authorities(transport.ca_file) if transport.ca_file else None
    except _UnusableError as problem:
        problems.append(Problem(f"{where}: {problem.key}", problem.what))
    try:
        identity = _identity(transport.client_certificate, transport.client_key)
    except _UnusableError as problem:
        problems.append(Problem(f"{where}: {problem.key}", problem.what))
    return Trust(authorities=authorities, identity=identity, verify=not transport.insecure_skip_verify), problems


def machine_roots() -> bytes | None:
    """Return this machine's trusted certificates as PEM, as for uploads; None where it has none.

    SSL_CERT_FILE counts, by OpenSSL's own rules. Reading the file costs a twentieth of having OpenSSL parse it.
    """
    import ssl

    file = ssl.get_default_verify_paths().cafile
    if file:
        with contextlib.suppress(OSError):
            return Path(file).read_bytes()
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "".join(map(ssl.DER_cert_to_PEM_cert, found)).encode() or None


def _authorities(file: Path) -> bytes:
    import ssl

    data = _certificates(file, "ca-file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=data.decode("ascii"))
    except (ssl.SSLError, UnicodeDecodeError) as problem:
        raise _UnusableError("ca-file", f"expected certificates (got {file}: {_reason(problem)})") from problem
    return data


def _identity(certificate: Path | None, key: Path | None) -> Identity | None:
    import ssl

    if certificate is None and key is None:
        return None
    if certificate is None:
        raise _UnusableError("client-certificate", "expected the certificate of `client-key` (got none)")
    if key is None:
        raise _UnusableError("client-key", "expected the key of `client-certificate` (got none)")
    chain, secret = _certificates(certificate, "client-certificate"), _key(key)
    try:
        # A password, be it an empty one, keeps OpenSSL from asking for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, "")
    except ssl.SSLError as problem:
        if problem.reason and "MISMATCH" in problem.reason:
            raise _UnusableError(
                "client-key", f"expected the key of the certificate {certificate} (got {key}, another's)"
            ) from problem
        what = f"expected a certificate and its key (got {certificate} and {key}: {_reason(problem)})"
        raise _UnusableError("client-certificate", what) from problem
    return Identity(chain_file=certificate, key_file=key, chain=chain, key=secret)


def _certificates(file: Path, name: str) -> bytes:
    found: list[bytes] = _CERTIFICATE.findall(_read(file, name))
    if not found:
        raise _UnusableError(
            name, f"expected certificates in PEM, -----BEGIN CERTIFICATE----- (got {file}: none in it)"
        )
    return b"\n".join([*found, b""])


def _key(file: Path) -> bytes:
    data = _read(file, "client-key")
    found = _KEY.search(data)
    if not found:
        raise _UnusableError("client-key", f"expected a private key in PEM (got {file}: none in it)")
    if b"ENCRYPTED" in found[1] or b"Proc-Type: 4,ENCRYPTED" in data:
        raise _UnusableError("client-key", f"expected a key without password (got {file}, which is encrypted)")
    return data


def _read(file: Path, name: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise _UnusableError(name, f"expected a file that can be read (got {file}: {problem.strerror})") from problem


def _reason(problem: Exception) -> str:
    import ssl

    reason = problem.reason if isinstance(problem, ssl.SSLError) else "not ASCII"
    return (reason or str(problem)).replace("_", " ").lower()
