"""Why nobody answers at an endpoint: from gRPC's own words to one line for people, and whether waiting may help.

The words are those of gRPC's core from 1.53 to 1.85; what is not recognised is called "nobody answers" and waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.errors import UnreachableError
from hatch_flyte.registry.hints import LATER, TRUST

if TYPE_CHECKING:
    from hatch_flyte.registry.connection import Connection

_PLAIN: Final = "If its port is plain set `insecure = true` for this cluster, else give its TLS port in `endpoint`."
_TLS: Final = "Remove `insecure = true` from this cluster, or give its plain port in `endpoint`."
_NAME: Final = "Give the host name that the certificate was made for in `endpoint`."
_PORT: Final = "`endpoint` must be the gRPC port of the control plane, not its console or HTTP gateway."
_HOST: Final = "Check the host in `endpoint`, of the form dns:///HOST:PORT."
_RENEW: Final = "Have its certificate renewed; if it is valid the clock of this machine is wrong."
_SHOW: Final = "Name a certificate that it trusts, and its key, in `client-certificate` and `client-key`."
_DATES: Final = (
    "gRPC checks a certificate's dates, and a name in it, even with `insecure-skip-verify`: have another one made, and "
    "name who signed it in `ca-file`."
)
_PROXY: Final = "Check `proxy` of this cluster (user and password too), or the variables https_proxy and no_proxy."
_START: Final = "Is it running? Check host and port in `endpoint`."


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, and what to do."""

    what: str
    hint: str
    final: bool
    """Waiting does not help."""


_CLOSED: Final = "Socket closed|Connection reset|End of TCP stream|Broken pipe|TSI_DATA_CORRUPTED|Endpoint read failed"
"""The last two are what gRPC makes of a TLS alert after the handshake (1.85, 1.53)."""
_REFUSED: Final = "Connection refused"
_KNOWN: Final = (
    (r"WRONG_VERSION_NUMBER|HTTP_REQUEST", Diagnosis("it speaks no TLS", _PLAIN, final=True)),
    (r"certificate has expired|not yet valid", Diagnosis("its certificate is not valid now", _RENEW, final=True)),
    (r"CERTIFICATE_VERIFY_FAILED", Diagnosis("its certificate is not trusted", TRUST, final=True)),
    (
        r"Hostname Verification Check failed|not in peer certificate",
        Diagnosis("its certificate is for another host", _NAME, final=True),
    ),
    (r"missing selected ALPN", Diagnosis("it speaks TLS, but not HTTP/2", _PORT, final=True)),
    (r"SSL_ERROR_SSL", Diagnosis("the TLS handshake failed", _PORT, final=True)),
    (r"Failed parsing HTTP/2|http1\.x server", Diagnosis("it does not speak gRPC", _PORT, final=True)),
    (
        r"Domain name not found|Name or service not known|nodename nor servname|No such host",
        Diagnosis("there is no such host", _HOST, final=True),
    ),
    (
        r"Misformatted domain name|Failed to parse port|target uri is not valid|Failed to create",
        Diagnosis("this is no address", _HOST, final=True),
    ),
    (r"HTTP proxy returned response code 407", Diagnosis("the proxy wants a user and password", _PROXY, final=True)),
    (r"HTTP proxy returned response code 403", Diagnosis("the proxy does not let us through", _PROXY, final=True)),
    (r"HTTP proxy", Diagnosis("the proxy does not reach it", _PROXY, final=False)),
    (_REFUSED, Diagnosis("nobody listens", _START, final=False)),
    (_CLOSED, Diagnosis("it closes the connection", _START, final=False)),
)
_UNKNOWN: Final = Diagnosis("nobody answers", _START, final=False)
_SPEAKS_TLS: Final = Diagnosis("it speaks TLS", _TLS, final=True)
_WANTS_CERTIFICATE: Final = Diagnosis("it wants a client certificate that it trusts", _SHOW, final=True)
_MAY_WANT_CERTIFICATE: Final = Diagnosis(
    "it ends the connection right after the TLS handshake, maybe for want of a client certificate", _SHOW, final=False
)


async def diagnose(words: str, connection: Connection, seconds: float) -> Diagnosis:
    """Return what `words`, gRPC's for a connection that did not come about, mean for `connection`.

    A peer that closes a plain connection may be about to start or may want TLS; one that closes a connection with TLS
    may want a client certificate: it is asked, for at most `seconds`. Of several addresses gRPC's words are about the
    last one alone: where that one refuses the others are tried.
    """
    if connection.proxy:  # none of these questions would be answered by the cluster itself
        found = _known(words)
        return found if "proxy" in found.what or found.final else replace(found, hint=_PROXY)
    closed, refused = (re.search(pattern, words) for pattern in (_CLOSED, _REFUSED))
    if closed and connection.insecure and await _speaks_tls(*connection.address, seconds):
        return _SPEAKS_TLS
    if (closed or refused) and not connection.insecure:
        from hatch_flyte.registry.unverified import wants_certificate

        wants = await asyncio.to_thread(wants_certificate, connection, seconds)
        if wants != "no":
            return _WANTS_CERTIFICATE if wants == "yes" else _MAY_WANT_CERTIFICATE
    if refused and await _opens(*connection.address, seconds):
        return _UNKNOWN
    return _known(words)


def _known(words: str) -> Diagnosis:
    return next((known for pattern, known in _KNOWN if re.search(pattern, words)), _UNKNOWN)


def unreachable(diagnosis: Diagnosis, connection: Connection, words: str) -> UnreachableError:
    """Return the error for `diagnosis`: one line with gRPC's own `words`, and the hint."""
    through = f", through the proxy {connection.proxy}" if connection.proxy else ""
    return UnreachableError(
        f"{connection.place}{through}: {diagnosis.what} ({' '.join(words.split())})", hint=diagnosis.hint
    )


def unusable(place: str, words: str) -> UnreachableError:
    """Return the error for a certificate that gRPC would not take even if it were trusted."""
    return UnreachableError(f"{place}: its certificate cannot be used even unverified ({words})", hint=_DATES)


def silent(place: str, seconds: float) -> UnreachableError:
    """Return the error for a peer that neither takes nor refuses a connection."""
    return UnreachableError(f"{place}: nobody answers within {seconds:g} s", hint=_START)


def away(place: str, deadline: float) -> UnreachableError:
    """Return the error for a peer that answered before and cannot be reached any more."""
    return UnreachableError(
        f"{place}: it went away, and was not back within the deadline of {deadline:g} s", hint=LATER
    )


async def _speaks_tls(host: str, port: int, seconds: float) -> bool:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent or believed: the question is only whether there is a handshake at all.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return await _opens(host, port, seconds, ssl=context, server_hostname=host)


async def _opens(host: str, port: int, seconds: float, **tls: Any) -> bool:
    """Return whether any address of `host` takes a connection."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port, **tls), seconds)
    except (OSError, ValueError, asyncio.TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), seconds)
    return True
