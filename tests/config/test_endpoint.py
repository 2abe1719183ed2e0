from __future__ import annotations

import pytest

from hatch_flyte.config.endpoint import Endpoint, endpoint_expectation, parse_endpoint

ADDRESS = "host:port or dns:///host:port"


@pytest.mark.parametrize(
    ("text", "host", "port", "insecure"),
    [
        ("flyte.acme.io", "flyte.acme.io", 443, False),
        ("flyte.acme.io:8089", "flyte.acme.io", 8089, False),
        ("dns:///flyte.acme.io", "flyte.acme.io", 443, False),
        ("dns:///flyte.acme.io:81", "flyte.acme.io", 81, False),
        ("flyte_admin.flyte.svc", "flyte_admin.flyte.svc", 443, False),
        ("10.0.0.7:30080", "10.0.0.7", 30080, False),
        ("[2001:db8::7]", "2001:db8::7", 443, False),
        ("dns:///[2001:db8::7]:8089", "2001:db8::7", 8089, False),
        ("localhost:30080", "localhost", 30080, True),
        ("LocalHost", "LocalHost", 80, True),
        ("127.0.0.1:8089", "127.0.0.1", 8089, True),
        ("dns:///127.8.9.10", "127.8.9.10", 80, True),
        ("[::1]:8089", "::1", 8089, True),
        ("127.evil.example", "127.evil.example", 443, False),
        ("localhost.example", "localhost.example", 443, False),
        ("h:65535", "h", 65535, False),
    ],
)
def test_an_endpoint_has_host_port_and_tls_for_all_but_loopback(
    text: str, host: str, port: int, *, insecure: bool
) -> None:
    assert parse_endpoint(text) == (Endpoint(host, port), insecure)
    assert endpoint_expectation(text) == ""


@pytest.mark.parametrize(
    ("text", "insecure", "port"),
    [("localhost", False, 443), ("flyte.acme.io", True, 80), ("flyte.acme.io:7", True, 7)],
)
def test_what_is_said_of_tls_counts_and_decides_the_port(text: str, port: int, *, insecure: bool) -> None:
    endpoint, result = parse_endpoint(text, insecure=insecure)
    assert (endpoint.port, result) == (port, insecure)


def test_target_is_an_address_that_grpc_takes() -> None:
    assert Endpoint("flyte.acme.io", 443).target == "dns:///flyte.acme.io:443"
    assert Endpoint("::1", 8089).target == "dns:///[::1]:8089"
    assert str(Endpoint("::1", 8089)) == "[::1]:8089"


def test_loopback_is_known_without_parsing_again() -> None:
    assert Endpoint("::1", 8089).is_loopback
    assert not Endpoint("flyte.acme.io", 443).is_loopback


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"{ADDRESS}, without a path"),
        (":8089", f"{ADDRESS}, without a path"),
        ("flyte.acme.io/api", f"{ADDRESS}, without a path"),
        ("flyte acme", f"{ADDRESS}, without a path"),
        ("user@flyte.acme.io", f"{ADDRESS}, without a path"),
        ("flyte.acme.io:", "a port from 1 to 65535 after the host"),
        ("flyte.acme.io:0", "a port from 1 to 65535 after the host"),
        ("flyte.acme.io:65536", "a port from 1 to 65535 after the host"),
        ("flyte.acme.io:" + "9" * 5000, "a port from 1 to 65535 after the host"),
        ("flyte.acme.io:-1", "a port from 1 to 65535 after the host"),
        ("flyte.acme.io:٣", "a port from 1 to 65535 after the host"),
        ("flyte.acme.io:80/x", "a port from 1 to 65535 after the host"),
        ("[::1]:", "a port from 1 to 65535 after the host"),
        ("::1", "host:port, with an IPv6 address in brackets, as in '[::1]:8089'"),
        ("2001:db8::7:443", "host:port, with an IPv6 address in brackets, as in '[::1]:8089'"),
        ("[::g]:1", "an IPv6 address in the brackets"),
        ("[fe80::1%eth0]", "an IPv6 address in the brackets"),
        ("[127.0.0.1]:1", "an IPv6 address in the brackets"),
        ("[::1", "host:port, with an IPv6 address in brackets, as in '[::1]:8089'"),
        ("dns://flyte.acme.io", "three slashes, as in 'dns:///host:port'"),
        ("ftp://flyte.acme.io", ADDRESS),
        ("dns:///https://x", "the gRPC endpoint, host:port or dns:///host:port, not a web address, as in 'dns:///x'"),
        (
            "https://flyte.acme.io/console",
            "the gRPC endpoint, host:port or dns:///host:port, not a web address",
        ),
        (
            "https://flyte.acme.io/",
            "the gRPC endpoint, host:port or dns:///host:port, not a web address, as in 'dns:///flyte.acme.io'",
        ),
        (
            "HTTP://localhost:30080",
            "the gRPC endpoint, host:port or dns:///host:port, not a web address, as in 'dns:///localhost:30080'",
        ),
        (
            "https://ann:secret@flyte.acme.io",
            "the gRPC endpoint, host:port or dns:///host:port, not a web address",
        ),
    ],
)
def test_what_is_no_endpoint_is_told_what_was_expected(text: str, expected: str) -> None:
    assert endpoint_expectation(text) == expected
