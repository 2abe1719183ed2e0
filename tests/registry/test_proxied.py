"""Calls and uploads through a real HTTP proxy, whose password shows nowhere."""

from __future__ import annotations

import os
import ssl
import traceback
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin import project_pb2
from flyteidl.service import dataproxy_pb2
from registry.support_server import LOOPBACK, ControlPlane, Store, free_port, serving, storing
from registry.support_transport import Authority, ConnectProxy, accepting, needs_openssl, proxying, server_credentials

from hatch_flyte.bundle import Bundle
from hatch_flyte.config import Target
from hatch_flyte.config.endpoint import Endpoint
from hatch_flyte.config.target import Transport
from hatch_flyte.errors import AccessError, RegistryError, UnreachableError
from hatch_flyte.registry.client import Connection, Patience, connect
from hatch_flyte.registry.connect import Surroundings, open_registry
from hatch_flyte.registry.proxy import Proxies, Proxy, parse_proxy
from hatch_flyte.registry.trust import Trust

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from hatch_flyte.registry.client import ClusterRegistry

PROJECTS = project_pb2.Projects(projects=[project_pb2.Project(id="p", domains=[project_pb2.Domain(id="d")])])
DOMAINS = frozenset({"d"})
BUNDLE = Bundle("0" * 32, b"bundle")
BEHIND = "flyte.acme.invalid"
"""A name that the proxy alone knows."""
CANARY = "canary-7d2e"
QUICK = Patience(connect=0.5, first_pause=0.02, longest_pause=0.1, reconnect=0.2, handshake=0.5, send=0.5)


def client(target: str, proxies: Proxies) -> ClusterRegistry:
    return connect(Connection(target, insecure=True, place="staging", deadline=5, proxies=proxies), QUICK)


def behind(target: str) -> str:
    return f"dns:///{BEHIND}:{target.rpartition(':')[2]}"


class TestCalls:
    async def test_they_go_through_it_with_user_and_password_to_a_host_that_it_alone_knows(self) -> None:
        async with (
            proxying(ConnectProxy({BEHIND: LOOPBACK})) as proxy,
            serving(ControlPlane(ListProjects=PROJECTS)) as target,
        ):
            before = dict(os.environ)
            url = proxy.url.replace("://", f"://me:{CANARY}@")
            registry = client(behind(target), Proxies(parse_proxy(url)))
            assert await registry.domains("p") == DOMAINS
            assert dict(os.environ) == before
            await registry.close()
        [request] = proxy.requests
        assert request.startswith(f"CONNECT {BEHIND}:")
        assert "Proxy-Authorization: Basic bWU6Y2FuYXJ5LTdkMmU=" in request

    async def test_exemptions_in_the_environment_do_not_count_for_one_that_is_named(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setenv("grpc_proxy", "http://localhost:1")
        async with (
            proxying(ConnectProxy({BEHIND: LOOPBACK})) as proxy,
            serving(ControlPlane(ListProjects=PROJECTS)) as target,
        ):
            registry = client(behind(target), Proxies(parse_proxy(proxy.url)))
            assert await registry.domains("p") == DOMAINS
            await registry.close()
            assert os.environ["no_proxy"] == "*"
        assert len(proxy.requests) == 1

    async def test_the_environments_is_taken_from_what_the_door_read(self) -> None:
        async with (
            proxying(ConnectProxy({BEHIND: LOOPBACK})) as proxy,
            serving(ControlPlane(ListProjects=PROJECTS)) as target,
        ):
            endpoint = Endpoint(BEHIND, int(target.rpartition(":")[2]))
            told = Target("staging", endpoint, insecure=True, project="p", domain="d")
            registry = open_registry(told, Surroundings(environ={"HTTPS_PROXY": proxy.url}))
            assert await registry.domains("p") == DOMAINS
            await registry.close()
        assert len(proxy.requests) == 1

    @needs_openssl
    @pytest.mark.parametrize("verified", [True, False])
    async def test_tls_goes_through_it_verified_or_not(self, tmp_path: Path, *, verified: bool) -> None:
        house = Authority(tmp_path)
        credentials = server_credentials(house.sign("server", f"subjectAltName=DNS:{BEHIND if verified else 'x.io'}"))
        async with (
            proxying(ConnectProxy({BEHIND: LOOPBACK})) as proxy,
            serving(ControlPlane(ListProjects=PROJECTS), credentials=credentials) as target,
        ):
            transport = Transport(
                proxy=proxy.url.replace("://", f"://me:{CANARY}@"),
                ca_file=house.file if verified else None,
                insecure_skip_verify=not verified,
            )
            endpoint = Endpoint(BEHIND, int(target.rpartition(":")[2]))
            told = Target("staging", endpoint, insecure=False, project="p", domain="d", transport=transport)
            registry = open_registry(told, Surroundings())
            assert await registry.domains("p") == DOMAINS
            await registry.close()
        assert len(proxy.requests) == (1 if verified else 3)
        assert all("Proxy-Authorization: Basic" in request for request in proxy.requests)

    @pytest.mark.parametrize(
        ("refusal", "what", "verify"),
        [
            (b"407 Proxy Authentication Required", "the proxy wants a user and password", True),
            (b"403 Forbidden", "the proxy does not let us through", True),
            (b"502 Bad Gateway", "the proxy does not reach it", True),
            (b"407 Proxy Authentication Required", "the proxy wants a user and password", False),
        ],
    )
    async def test_a_proxy_that_refuses_is_named_without_its_password(
        self, refusal: bytes, what: str, *, verify: bool
    ) -> None:
        async with proxying(ConnectProxy(refusal=refusal)) as proxy:
            proxies = Proxies(parse_proxy(proxy.url.replace("://", f"://me:{CANARY}@")))
            connection = Connection(
                f"dns:///{BEHIND}:1", insecure=verify, place="staging", proxies=proxies, trust=Trust(verify=verify)
            )
            registry = connect(connection, QUICK)
            with pytest.raises(UnreachableError, match=what) as caught:
                await registry.domains("p")
            await registry.close()
        assert f"staging, through the proxy {proxy.url}: " in caught.value.message
        assert "`proxy` of this cluster" in caught.value.hint
        assert CANARY not in "".join(traceback.format_exception(caught.value))

    async def test_a_proxy_that_nobody_runs_is_named(self) -> None:
        url = f"http://{LOOPBACK}:{free_port()}"
        registry = client(f"dns:///{BEHIND}:1", Proxies(parse_proxy(url)))
        with pytest.raises(UnreachableError, match="nobody listens") as caught:
            await registry.domains("p")
        await registry.close()
        assert f"through the proxy {url}" in caught.value.message
        assert "`proxy`" in caught.value.hint

    async def test_a_proxy_that_breaks_off_is_told_where_certificates_are_not_verified(self) -> None:
        async def hear_and_leave(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")

        async with accepting(hear_and_leave) as port:
            proxies = Proxies(Proxy(LOOPBACK, port))
            connection = Connection(
                "dns:///[2001:db8::1]:1", insecure=False, place="staging", proxies=proxies, trust=Trust(verify=False)
            )
            registry = connect(connection, QUICK)
            with pytest.raises(UnreachableError, match="the proxy does not reach it"):
                await registry.domains("p")
            await registry.close()


async def uploaded(signed_url: str, proxies: Proxies) -> RegistryError | None:
    """Upload to an address through what `proxies` say; return how it failed."""
    answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url=signed_url, native_url="s3://b/f")
    async with serving(ControlPlane(CreateUploadLocation=answer)) as target:
        # The control plane is reached directly, as a proxy of the environment has it for this machine.
        registry = client(target, proxies)
        try:
            await registry.upload("p", "d", BUNDLE)
        except RegistryError as problem:
            return problem
        finally:
            await registry.close()
    return None


def of_environment(url: str) -> Proxies:
    secret = url.replace("://", f"://me:{CANARY}@")
    return Proxies(environ={"http_proxy": secret, "https_proxy": secret})


class TestUploads:
    async def test_plain_ones_go_through_it_with_user_and_password(self) -> None:
        store = Store()
        with storing(store) as base:
            async with proxying(ConnectProxy({"store.invalid": LOOPBACK})) as proxy:
                address = f"http://store.invalid:{base.rpartition(':')[2]}/f?sig=s3cr3t-sig"
                assert await uploaded(address, of_environment(proxy.url)) is None
        assert store.puts[0].body == b"bundle"
        assert "proxy-authorization: basic" in proxy.requests[0].lower()

    @needs_openssl
    async def test_those_with_tls_go_through_a_tunnel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        house = Authority(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(house.file))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*house.sign("store", "subjectAltName=DNS:store.invalid"))
        store = Store()
        with storing(store, tls) as base:
            async with proxying(ConnectProxy({"store.invalid": LOOPBACK})) as proxy:
                address = f"https://store.invalid:{base.rpartition(':')[2]}/f?sig=s3cr3t-sig"
                assert await uploaded(address, of_environment(proxy.url)) is None
        assert store.puts[0].body == b"bundle"
        assert proxy.requests[0].startswith("CONNECT store.invalid:")
        assert "s3cr3t-sig" not in proxy.requests[0]

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_a_proxy_that_wants_another_password_is_about_access_and_shows_neither(self, scheme: str) -> None:
        async with proxying(ConnectProxy(refusal=b"407 Proxy Authentication Required")) as proxy:
            problem = await uploaded(f"{scheme}://store.invalid/f?sig=s3cr3t-sig", of_environment(proxy.url))
        assert isinstance(problem, AccessError)
        assert "407" in problem.message
        assert "`proxy`" in problem.hint
        shown = "".join(traceback.format_exception(problem))
        assert CANARY not in shown
        assert "s3cr3t-sig" not in shown

    async def test_a_proxy_that_nobody_runs_is_told(self) -> None:
        problem = await uploaded(
            "https://store.invalid/f?sig=s3cr3t-sig", of_environment(f"http://localhost:{free_port()}")
        )
        assert isinstance(problem, UnreachableError)
        assert "the proxy fails" in problem.message

    async def test_one_of_the_environment_that_is_of_no_use_is_told(self) -> None:
        proxies = Proxies(environ={"https_proxy": f"socks5://me:{CANARY}@proxy"})
        problem = await uploaded("https://store.invalid/f?sig=s3cr3t-sig", proxies)
        assert problem is not None
        assert "the variable https_proxy: expected http://host:port (got socks5://…)" in problem.message
