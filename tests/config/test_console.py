from __future__ import annotations

import pytest

from hatch_flyte.config.console import console_address
from hatch_flyte.config.endpoint import parse_endpoint


@pytest.mark.parametrize(
    ("configured", "endpoint", "insecure", "address"),
    [
        ("", "dns:///flyte.acme.io", False, "https://flyte.acme.io"),
        ("", "flyte.acme.io:443", False, "https://flyte.acme.io"),
        ("", "flyte.acme.io:8443", False, "https://flyte.acme.io:8443"),
        ("", "flyte.acme.io", True, "http://flyte.acme.io"),
        ("", "flyte.acme.io:443", True, "http://flyte.acme.io:443"),
        ("", "flyte.acme.io:80", False, "https://flyte.acme.io:80"),
        ("", "[2001:db8::1]:8089", False, "https://[2001:db8::1]:8089"),
        ("", "localhost:30080", True, ""),
        ("", "[::1]:30080", False, ""),
        ("http://localhost:30080", "localhost:30081", True, "http://localhost:30080"),
        ("https://flyte.acme.io/ui//", "api.acme.io", False, "https://flyte.acme.io/ui"),
    ],
)
def test_the_console_is_where_flytekit_looks_for_it_unless_configured(
    configured: str, endpoint: str, *, insecure: bool, address: str
) -> None:
    parsed, _ = parse_endpoint(endpoint, insecure=insecure)
    assert console_address(configured, parsed, insecure=insecure) == address
