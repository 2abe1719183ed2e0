"""What a connection knows of its target."""

from __future__ import annotations

import pytest

from hatch_flyte.registry.connection import Connection


@pytest.mark.parametrize(
    ("target", "address", "loopback"),
    [
        ("dns:///flyte.acme.io:8089", ("flyte.acme.io", 8089), False),
        ("dns:///flyte.acme.io", ("flyte.acme.io", 443), False),
        ("flyte.acme.io:81", ("flyte.acme.io", 81), False),
        ("dns://8.8.8.8/flyte.acme.io:81", ("flyte.acme.io", 81), False),
        ("localhost:8089", ("localhost", 8089), True),
        ("dns:///[::1]:8089", ("::1", 8089), True),
        ("ipv4:127.0.0.7:81", ("127.0.0.7", 81), True),
        ("unix:/run/flyte.sock", ("", 0), False),
        ("dns:///localhost:port", ("", 0), False),
    ],
)
def test_host_and_port_are_read_from_a_target(target: str, address: tuple[str, int], loopback: bool) -> None:  # noqa: FBT001 # a parameter of the test
    connection = Connection(target, insecure=True, place="")
    assert (connection.address, connection.is_loopback) == (address, loopback)
