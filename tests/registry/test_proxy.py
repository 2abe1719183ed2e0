"""Which proxy serves which host, by a cluster's table and by the environment. Its password shows nowhere."""

from __future__ import annotations

import pytest

from hatch_flyte.config import Target
from hatch_flyte.config.endpoint import Endpoint
from hatch_flyte.config.target import Transport
from hatch_flyte.errors import ConfigError
from hatch_flyte.registry.client import Connection
from hatch_flyte.registry.connect import Surroundings, check_transports
from hatch_flyte.registry.proxy import Proxies, Proxy, parse_proxy

CANARY = "canary-7d2e"


class TestAddress:
    @pytest.mark.parametrize(
        ("text", "expected", "url"),
        [
            ("http://proxy.acme.io:3128", Proxy("proxy.acme.io", 3128), "http://proxy.acme.io:3128"),
            ("http://proxy.acme.io:3128/", Proxy("proxy.acme.io", 3128), "http://proxy.acme.io:3128"),
            ("HTTP://proxy.acme.io", Proxy("proxy.acme.io", 80), "http://proxy.acme.io:80"),
            ("proxy.acme.io:3128", Proxy("proxy.acme.io", 3128), "http://proxy.acme.io:3128"),
            ("http://[::1]:3128", Proxy("::1", 3128), "http://[::1]:3128"),
            ("http://me:a%40b@proxy:1", Proxy("proxy", 1, "me:a@b"), "http://me:a%40b@proxy:1"),
            ("http://me@proxy:1", Proxy("proxy", 1, "me"), "http://me@proxy:1"),
        ],
    )
    def test_it_is_read_from_a_text(self, text: str, expected: Proxy, url: str) -> None:
        assert parse_proxy(text) == expected
        assert parse_proxy(text).url == url

    @pytest.mark.parametrize(
        "text",
        [
            f"https://me:{CANARY}@proxy:1", f"socks5://me:{CANARY}@proxy", f"{CANARY} x://proxy", "http://",
            f"http://me:{CANARY}@:1", f"http://me:{CANARY}@proxy:port", f"http://proxy:1/{CANARY}",
            f"http://proxy:1?{CANARY}", f"http://[::1/{CANARY}",
        ],
    )  # fmt: skip
    def test_what_is_none_is_refused_without_being_shown(self, text: str) -> None:
        with pytest.raises(ValueError, match="expected http://host:port") as caught:
            parse_proxy(text)
        assert CANARY not in str(caught.value)

    def test_texts_of_it_are_without_user_and_password(self) -> None:
        proxy = parse_proxy(f"http://me:{CANARY}@proxy:1")
        proxies = Proxies(proxy, {"https_proxy": f"http://me:{CANARY}@proxy:1"})
        connection = Connection("dns:///x", insecure=True, place="x", proxies=proxies)
        transport = Transport(proxy=f"http://me:{CANARY}@proxy:1", metadata={"x-key": CANARY})
        for shown in (str(proxy), repr(proxy), repr(proxies), repr(connection), repr(transport)):
            assert CANARY not in shown
        assert proxy.authorization == "Basic bWU6Y2FuYXJ5LTdkMmU="


def chosen(environ: dict[str, str], host: str, port: int = 443) -> str:
    return str(Proxies(environ=environ).for_calls(host, port) or "")


class TestEnvironment:
    def test_without_variables_there_is_none(self) -> None:
        assert chosen({}, "flyte.acme.io") == ""

    @pytest.mark.parametrize(
        ("environ", "expected"),
        [
            ({"http_proxy": "http://a:1"}, "http://a:1"),
            ({"http_proxy": "http://a:1", "https_proxy": "http://b:1"}, "http://b:1"),
            ({"https_proxy": "http://b:1", "grpc_proxy": "http://c:1"}, "http://c:1"),
            ({"HTTPS_PROXY": "http://b:1"}, "http://b:1"),
            ({"https_proxy": "http://b:1", "HTTPS_PROXY": "http://c:1"}, "http://b:1"),
            ({"https_proxy": " "}, ""),
        ],
    )
    def test_calls_take_the_variables_of_grpc_in_its_order_in_either_case(
        self, environ: dict[str, str], expected: str
    ) -> None:
        assert chosen(environ, "flyte.acme.io") == expected

    @pytest.mark.parametrize(
        ("no_proxy", "host", "exempt"),
        [
            ("*", "flyte.acme.io", True),
            ("flyte.acme.io", "FLYTE.acme.io", True),
            ("acme.io", "flyte.acme.io", True),
            (".acme.io", "flyte.acme.io", True),
            ("*.acme.io", "flyte.acme.io", True),
            ("a.io, acme.io b.io", "flyte.acme.io", True),
            ("me.io", "flyte.acme.io", False),
            ("flyte.acme.io:443", "flyte.acme.io", True),
            ("flyte.acme.io:8089", "flyte.acme.io", False),
            ("10.0.0.0/8", "10.1.2.3", True),
            ("10.0.0.0/8", "11.1.2.3", False),
            ("fd00::/8", "fd00::1", True),
            ("10.1.2.3", "10.1.2.3", True),
            (".", "flyte.acme.io", False),
            (",", "flyte.acme.io", False),
        ],
    )
    def test_no_proxy_names_hosts_domains_and_networks(self, no_proxy: str, host: str, *, exempt: bool) -> None:
        assert chosen({"https_proxy": "http://a:1", "no_proxy": no_proxy}, host) == ("" if exempt else "http://a:1")

    def test_grpcs_own_exemptions_come_first_and_are_not_for_uploads(self) -> None:
        proxies = Proxies(environ={"https_proxy": "http://a:1", "no_grpc_proxy": "acme.io", "no_proxy": "b.io"})
        assert proxies.for_calls("flyte.acme.io", 443) is None
        assert str(proxies.for_upload("https://flyte.acme.io/f")) == "http://a:1"
        assert proxies.for_upload("https://s3.b.io/f") is None

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", ""])
    def test_this_machine_is_never_reached_through_a_proxy_of_the_environment(self, host: str) -> None:
        assert chosen({"https_proxy": "http://a:1"}, host) == ""

    def test_uploads_take_the_variable_of_their_addresss_scheme(self) -> None:
        proxies = Proxies(environ={"https_proxy": "http://a:1", "http_proxy": "http://b:1", "grpc_proxy": "http://c:1"})
        assert str(proxies.for_upload("https://s3.acme.io/f?sig=1")) == "http://a:1"
        assert str(proxies.for_upload("http://s3.acme.io/f?sig=1")) == "http://b:1"

    def test_one_that_is_of_no_use_is_named_and_not_passed_by(self) -> None:
        target = Target("staging", Endpoint("flyte.acme.io", 443), insecure=False, project="p", domain="d")
        around = Surroundings(environ={"HTTPS_PROXY": f"socks5://me:{CANARY}@proxy:1"})
        with pytest.raises(ConfigError) as caught:
            check_transports([target], around)
        assert caught.value.message == (
            "cluster staging: proxy: the variable HTTPS_PROXY: expected http://host:port (got socks5://…)"
        )


class TestTable:
    def target(self, proxy: str | None) -> Target:
        endpoint = Endpoint("flyte.acme.io", 443)
        return Target("staging", endpoint, insecure=False, project="p", domain="d", transport=Transport(proxy=proxy))

    def test_one_that_is_named_serves_every_host_and_an_empty_one_says_none(self) -> None:
        assert str(Proxies(Proxy("a", 1)).for_upload("http://localhost/f")) == "http://a:1"
        assert Proxies(Proxy("a", 1)).for_calls("", 0) is None
        around = Surroundings(environ={"https_proxy": "socks5://x"})
        check_transports([self.target(""), self.target("http://proxy:1")], around)

    def test_what_is_none_is_refused(self) -> None:
        with pytest.raises(ConfigError, match=r"^cluster staging: proxy: expected http://host:port \(got https://…\)"):
            check_transports([self.target(f"https://me:{CANARY}@proxy")], Surroundings())
