"""Certificates that nobody verifies: which can be taken even so, and what the user is told of it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin import project_pb2
from flyteidl.service import dataproxy_pb2
from registry.support_server import ControlPlane, Store, free_port, serving, storing
from registry.support_transport import Authority, cluster, domains, needs_openssl, refusal, server_credentials

from hatch_flyte.bundle import Bundle
from hatch_flyte.config import Target
from hatch_flyte.config.target import Transport
from hatch_flyte.errors import UnreachableError
from hatch_flyte.registry.client import Connection, Patience, connect
from hatch_flyte.registry.connect import Surroundings, cautions, open_registry
from hatch_flyte.registry.trust import Trust
from hatch_flyte.registry.unverified import UnusableCertificateError, name_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_openssl

LOCALHOST = "subjectAltName=DNS:localhost"
PROJECTS = project_pb2.Projects(projects=[project_pb2.Project(id="p", domains=[project_pb2.Domain(id="d")])])
DOMAINS = frozenset({"d"})
BUNDLE = Bundle("0" * 32, b"bundle")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def server(house: Authority) -> tuple[Path, Path]:
    return house.sign("localhost", LOCALHOST)


@pytest.fixture(scope="module")
def member(house: Authority) -> tuple[Path, Path]:
    return house.sign("member", "extendedKeyUsage=clientAuth")


class TestUnverified:
    async def test_a_certificate_that_nobody_trusts_is_taken(self, server: tuple[Path, Path]) -> None:
        async with serving(ControlPlane(ListProjects=PROJECTS), credentials=server_credentials(server)) as target:
            assert await domains(target, Transport(insecure_skip_verify=True)) == DOMAINS

    @pytest.mark.parametrize(
        ("name", "extension"),
        [
            ("elsewhere", "subjectAltName=DNS:flyte.acme.io"),
            ("wild", "subjectAltName=DNS:*.acme.io"),
            ("number", "subjectAltName=IP:10.1.2.3"),
            ("flyte.acme.io", "extendedKeyUsage=serverAuth"),
        ],
    )
    async def test_a_certificate_for_another_host_is_taken_by_a_name_in_it(
        self, house: Authority, name: str, extension: str
    ) -> None:
        credentials = server_credentials(house.sign(name, extension))
        async with serving(ControlPlane(ListProjects=PROJECTS), credentials=credentials) as target:
            assert await domains(target, Transport(insecure_skip_verify=True)) == DOMAINS

    async def test_the_client_certificate_is_shown_all_the_same(
        self, house: Authority, server: tuple[Path, Path], member: tuple[Path, Path]
    ) -> None:
        certificate, key = member
        transport = Transport(insecure_skip_verify=True, client_certificate=certificate, client_key=key)
        credentials = server_credentials(server, house.file)
        async with serving(ControlPlane(ListProjects=PROJECTS), credentials=credentials) as target:
            assert await domains(target, transport) == DOMAINS

    async def test_uploads_take_any_certificate_too_and_urllib3_does_not_warn_in_its_own_voice(
        self, server: tuple[Path, Path]
    ) -> None:
        store, tls = Store(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*server)
        with storing(store, tls) as base:
            answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url=f"{base}/f?sig=1", native_url="s3://b/f")
            credentials = server_credentials(server)
            async with serving(ControlPlane(CreateUploadLocation=answer), credentials=credentials) as target:
                registry = open_registry(cluster(target, Transport(insecure_skip_verify=True)), Surroundings())
                await registry.upload("p", "d", BUNDLE)
                await registry.close()
        assert len(store.puts) == 1

    async def test_an_expired_one_cannot_be_taken_and_says_why(self, house: Authority) -> None:
        old = house.sign("outdated", LOCALHOST, dates=("20200101000000Z", "20200201000000Z"))
        async with serving(ControlPlane(), credentials=server_credentials(old)) as target:
            error = await refusal(target, Transport(insecure_skip_verify=True))
        assert "its certificate cannot be used even unverified (certificate has expired)" in error.message
        assert "`ca-file`" in error.hint

    async def test_one_without_a_hosts_name_cannot_be_taken_and_says_why(self, house: Authority) -> None:
        nameless = house.sign("two words", "extendedKeyUsage=serverAuth")
        async with serving(ControlPlane(), credentials=server_credentials(nameless)) as target:
            error = await refusal(target, Transport(insecure_skip_verify=True))
        assert "there is no host's name in it" in error.message

    async def test_a_plain_port_and_one_that_nobody_listens_on_are_told_as_ever(self) -> None:
        async with serving(ControlPlane()) as target:
            error = await refusal(target.replace("127.0.0.1", "localhost"), Transport(insecure_skip_verify=True))
        assert "it speaks no TLS" in error.message
        connection = Connection(
            f"dns:///localhost:{free_port()}", insecure=False, place="staging", trust=Trust(verify=False)
        )
        registry = connect(connection, Patience(connect=0.2, first_pause=0.02))
        with pytest.raises(UnreachableError, match=r"nobody listens .*tried \d+ times"):
            await registry.domains("p")
        await registry.close()

    async def test_without_tls_there_is_nothing_to_verify(self) -> None:
        async with serving(ControlPlane(ListProjects=PROJECTS)) as target:
            registry = connect(Connection(target, insecure=True, place="staging", trust=Trust(verify=False)))
            assert await registry.domains("p") == DOMAINS
            await registry.close()

    def test_the_user_is_warned_of_it_loudly_and_of_nothing_else(self) -> None:
        verified, unverified = (
            cluster("flyte.acme.io", Transport(insecure_skip_verify=skip)) for skip in (False, True)
        )
        local = Target("local", None, insecure=False, project="p", domain="d")
        [caution] = cautions([verified, unverified, local])
        assert "flyte.acme.io:443 (TLS): its certificate is NOT verified (insecure-skip-verify)" in caution.message
        assert "`ca-file`" in caution.hint
        connection = Connection("x", insecure=False, place="flyte.acme.io:443 (TLS)", trust=Trust(verify=False))
        assert connection.cautions == (caution,)
        assert Connection("x", insecure=False, place="").cautions == ()


@pytest.mark.parametrize(
    ("certificate", "name"),
    [
        ({"subjectAltName": (("DNS", "b.acme.io"), ("DNS", "A.acme.io"))}, ""),
        ({"subjectAltName": (("DNS", "*.acme.io"),)}, ""),
        ({"subjectAltName": (("DNS", "*.b.io"), ("DNS", "c.io"))}, "any.b.io"),
        ({"subjectAltName": (("URI", "spiffe://x"), ("IP Address", "10.1.2.3"))}, "10.1.2.3"),
        ({"subject": ((("organizationName", "Acme"),), (("commonName", "a.acme.io"),))}, ""),
        ({"subject": ((("commonName", "c.io"),),)}, "c.io"),
    ],
)
def test_the_name_is_that_of_the_host_or_else_one_that_the_certificate_is_for(
    certificate: dict[str, object], name: str
) -> None:
    assert name_in(certificate, "a.acme.io") == name


@pytest.mark.parametrize("certificate", [{}, {"subject": ((("commonName", "two words"),),)}])
def test_a_certificate_without_any_is_unusable(certificate: dict[str, object]) -> None:
    with pytest.raises(UnusableCertificateError):
        name_in(certificate, "a.acme.io")
