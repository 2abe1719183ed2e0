"""TLS as a cluster's table says: its authority, a client certificate, and certificates that nobody verifies."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin import project_pb2
from flyteidl.service import dataproxy_pb2
from registry.support_server import ControlPlane, Store, listening, serving, storing
from registry.support_transport import Authority, cluster, domains, needs_openssl, refusal, server_credentials

from hatch_flyte.bundle import Bundle
from hatch_flyte.config.target import Transport
from hatch_flyte.errors import ConfigError, UnreachableError
from hatch_flyte.registry.client import Connection, Patience, connect
from hatch_flyte.registry.connect import Surroundings, check_transports, open_registry
from hatch_flyte.registry.trust import read_trust

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


class TestAuthority:
    async def test_a_certificate_that_its_authority_signed_is_taken(
        self, house: Authority, server: tuple[Path, Path]
    ) -> None:
        async with serving(ControlPlane(ListProjects=PROJECTS), credentials=server_credentials(server)) as target:
            assert await domains(target, Transport(ca_file=house.file)) == DOMAINS

    async def test_without_it_the_certificate_is_refused_and_the_key_named(self, server: tuple[Path, Path]) -> None:
        async with serving(ControlPlane(), credentials=server_credentials(server)) as target:
            error = await refusal(target, Transport())
        assert "its certificate is not trusted" in error.message
        assert "`ca-file`" in error.hint

    async def test_one_file_may_hold_several_with_text_between_them(
        self, house: Authority, server: tuple[Path, Path], tmp_path: Path
    ) -> None:
        file = tmp_path / "both.pem"
        own = house.file.read_text()
        file.write_text(f"# für alle\n{Authority(tmp_path).file.read_text()}# unseres\n{own}", encoding="utf-8")
        async with serving(ControlPlane(ListProjects=PROJECTS), credentials=server_credentials(server)) as target:
            assert await domains(target, Transport(ca_file=file)) == DOMAINS

    async def test_uploads_trust_it_too(self, house: Authority, server: tuple[Path, Path]) -> None:
        store, tls = Store(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*server)
        with storing(store, tls) as base:
            answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url=f"{base}/f?sig=1", native_url="s3://b/f")
            plane = ControlPlane(CreateUploadLocation=answer)
            async with serving(plane, credentials=server_credentials(server)) as target:
                registry = open_registry(cluster(target, Transport(ca_file=house.file)), Surroundings())
                location = await registry.upload("p", "d", BUNDLE)
                await registry.close()
        assert location.url == "s3://b/f"
        assert store.puts[0].body == b"bundle"

    async def test_an_expired_certificate_is_told_from_one_that_is_not_trusted(self, house: Authority) -> None:
        old = house.sign("old", LOCALHOST, dates=("20200101000000Z", "20200201000000Z"))
        async with serving(ControlPlane(), credentials=server_credentials(old)) as target:
            error = await refusal(target, Transport(ca_file=house.file))
        assert "its certificate is not valid now" in error.message or "is not trusted" in error.message


class TestClientCertificate:
    async def test_it_is_shown_to_a_control_plane_that_asks_for_one(
        self, house: Authority, server: tuple[Path, Path], member: tuple[Path, Path]
    ) -> None:
        certificate, key = member
        transport = Transport(ca_file=house.file, client_certificate=certificate, client_key=key)
        credentials = server_credentials(server, house.file)
        async with serving(ControlPlane(ListProjects=PROJECTS), credentials=credentials) as target:
            assert await domains(target, transport) == DOMAINS

    async def test_it_is_shown_to_a_store_that_asks_for_one(
        self, house: Authority, server: tuple[Path, Path], member: tuple[Path, Path]
    ) -> None:
        store, tls = Store(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*server)
        tls.load_verify_locations(house.file)
        tls.verify_mode = ssl.CERT_REQUIRED
        certificate, key = member
        transport = Transport(ca_file=house.file, client_certificate=certificate, client_key=key)
        with storing(store, tls) as base:
            answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url=f"{base}/f?sig=1", native_url="s3://b/f")
            credentials = server_credentials(server, house.file)
            async with serving(ControlPlane(CreateUploadLocation=answer), credentials=credentials) as target:
                registry = open_registry(cluster(target, transport), Surroundings())
                await registry.upload("p", "d", BUNDLE)
                await registry.close()
        assert len(store.puts) == 1

    async def test_a_control_plane_that_wants_another_one_says_so_and_is_not_waited_for(
        self, house: Authority, server: tuple[Path, Path], tmp_path: Path
    ) -> None:
        certificate, key = Authority(tmp_path).sign("stranger", "extendedKeyUsage=clientAuth")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.set_alpn_protocols(["h2"])
        tls.load_cert_chain(*server)
        tls.load_verify_locations(house.file)
        tls.verify_mode = ssl.CERT_REQUIRED
        transport = Transport(ca_file=house.file, client_certificate=certificate, client_key=key)
        with listening(lambda plain: tls.wrap_socket(plain, server_side=True).close()) as port:
            error = await refusal(f"dns:///localhost:{port}", transport)
        assert "it wants a client certificate that it trusts" in error.message
        assert "tried" not in error.message
        assert "`client-certificate`" in error.hint

    async def test_one_that_only_closes_is_waited_for_and_the_keys_are_named(
        self, house: Authority, server: tuple[Path, Path]
    ) -> None:
        trust, _ = read_trust(Transport(ca_file=house.file), "")
        async with serving(ControlPlane(), credentials=server_credentials(server, house.file)) as target:
            connection = Connection(target, insecure=False, place="staging", trust=trust)
            registry = connect(connection, Patience(connect=0.3, first_pause=0.02))
            with pytest.raises(UnreachableError, match="maybe for want of a client certificate") as caught:
                await registry.domains("p")
            await registry.close()
        assert "`client-certificate`" in caught.value.hint


class TestFiles:
    def problems(self, transport: Transport) -> str:
        targets = [cluster("flyte.acme.io", transport)]
        with pytest.raises(ConfigError) as caught:
            check_transports(targets, Surroundings())
        with pytest.raises(UnreachableError) as unopened:
            open_registry(targets[0], Surroundings())
        assert unopened.value.message == caught.value.message
        assert "Nothing was sent" in caught.value.hint
        return caught.value.message

    def test_files_that_fit_are_no_problem(self, house: Authority, member: tuple[Path, Path]) -> None:
        certificate, key = member
        transport = Transport(ca_file=house.file, client_certificate=certificate, client_key=key)
        check_transports([cluster("flyte.acme.io", transport)], Surroundings())

    def test_a_file_that_cannot_be_read_is_named_with_the_reason(self, tmp_path: Path) -> None:
        file = tmp_path / "none.pem"
        expected = f"cluster staging: ca-file: expected a file that can be read (got {file}: No such file or directory)"
        assert self.problems(Transport(ca_file=file)) == expected

    @pytest.mark.parametrize("content", [b"", b"\x30\x82\x01\x00", b"no certificate"], ids=["empty", "DER", "text"])
    def test_what_is_not_pem_is_refused(self, content: bytes, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        file.write_bytes(content)
        assert f"expected certificates in PEM, -----BEGIN CERTIFICATE----- (got {file}: none in it)" in self.problems(
            Transport(ca_file=file)
        )

    @pytest.mark.parametrize(
        "inside", [b"bm90IGEgY2VydGlmaWNhdGU=", b"%%%", b"\xff"], ids=["other", "no base64", "no ASCII"]
    )
    def test_pem_with_something_else_in_it_is_refused(self, inside: bytes, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        file.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + inside + b"\n-----END CERTIFICATE-----\n")
        assert f"cluster staging: ca-file: expected certificates (got {file}: " in self.problems(
            Transport(ca_file=file)
        )

    def test_a_key_of_another_certificate_is_refused(self, house: Authority, member: tuple[Path, Path]) -> None:
        certificate, _ = member
        _, other = house.sign("other", "extendedKeyUsage=clientAuth")
        assert self.problems(Transport(client_certificate=certificate, client_key=other)) == (
            f"cluster staging: client-key: expected the key of the certificate {certificate} (got {other}, another's)"
        )

    def test_an_encrypted_key_is_refused_without_asking_for_a_password(
        self, house: Authority, member: tuple[Path, Path], tmp_path: Path
    ) -> None:
        certificate, key = member
        encrypted = tmp_path / "encrypted.key"
        house.openssl("pkcs8", "-topk8", "-in", str(key), "-out", str(encrypted), "-passout", "pass:canary")
        problem = self.problems(Transport(client_certificate=certificate, client_key=encrypted))
        assert problem.endswith(f"expected a key without password (got {encrypted}, which is encrypted)")

    def test_a_file_without_a_key_is_refused(self, member: tuple[Path, Path]) -> None:
        certificate, _ = member
        problem = self.problems(Transport(client_certificate=certificate, client_key=certificate))
        assert problem == f"cluster staging: client-key: expected a private key in PEM (got {certificate}: none in it)"

    def test_a_damaged_pair_is_refused_with_openssls_reason(self, member: tuple[Path, Path], tmp_path: Path) -> None:
        certificate, _ = member
        key = tmp_path / "damaged.key"
        key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        problem = self.problems(Transport(client_certificate=certificate, client_key=key))
        assert f"expected a certificate and its key (got {certificate} and {key}: " in problem

    def test_one_without_the_other_is_refused_and_all_problems_are_told(
        self, member: tuple[Path, Path], tmp_path: Path
    ) -> None:
        certificate, key = member
        alone = self.problems(Transport(client_certificate=certificate))
        assert alone == "cluster staging: client-key: expected the key of `client-certificate` (got none)"
        both = self.problems(Transport(client_key=key, ca_file=tmp_path / "none"))
        assert "client-certificate: expected the certificate of `client-key` (got none)" in both
        assert "ca-file" in both

    async def test_files_that_go_away_before_an_upload_end_it_with_a_reason(
        self, house: Authority, server: tuple[Path, Path]
    ) -> None:
        certificate, key = house.sign("leaver", "extendedKeyUsage=clientAuth")
        transport = Transport(ca_file=house.file, client_certificate=certificate, client_key=key)
        answer = dataproxy_pb2.CreateUploadLocationResponse(signed_url="https://localhost:1/f?s=1", native_url="s3://b")
        async with serving(ControlPlane(CreateUploadLocation=answer), credentials=server_credentials(server)) as target:
            registry = open_registry(cluster(target, transport), Surroundings())
            key.unlink()
            with pytest.raises(UnreachableError, match="the client certificate cannot be read any more"):
                await registry.upload("p", "d", BUNDLE)
            await registry.close()
