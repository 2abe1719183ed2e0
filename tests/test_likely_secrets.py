"""No secret stands here: those that look like some are drawn."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import time

import pytest

from hatch_flyte.likely_secrets import SNIFFED, Finding, find_secrets

LETTERS = string.ascii_letters
ALNUM = LETTERS + string.digits
URL64 = f"{ALNUM}-_"
BASE64 = f"{ALNUM}+/"
HEX = "0123456789abcdef"


def drawn(alphabet: str, length: int) -> str:
    return "".join(random.Random(f"{alphabet} {length}").choices(alphabet, k=length))  # noqa: S311 # it is no secret


def pem(kind: str = "", *, end: str = "\n") -> str:
    lines = [f"-----BEGIN {kind}PRIVATE KEY-----", *[drawn(BASE64, 64)] * 3, f"-----END {kind}PRIVATE KEY-----"]
    return "".join(f"{line}{end}" for line in lines)


TOKENS = {
    "an access key of AWS": [
        "AKIA" + drawn(string.ascii_uppercase + "234567", 16),
        "ASIA" + drawn("ABCDEFGHIJKL23", 16),
    ],
    "a Google API key": ["AIza" + drawn(URL64, 35)],
    "a key of an Azure storage account": [f"AccountName=acme;AccountKey={drawn(BASE64, 86)}=="],
    "a GitHub token": [
        *(f"gh{kind}_{drawn(ALNUM, 36)}" for kind in "pousr"),
        f"github_pat_{drawn(ALNUM, 22)}_{drawn(ALNUM, 59)}",
    ],
    "a GitLab token": [f"gl{kind}-{drawn(URL64, 20)}" for kind in ("pat", "dt", "rt", "ptt", "oas")],
    "a Slack token": [
        f"xoxb-{drawn('123456789', 12)}-{drawn('123456789', 13)}-{drawn(ALNUM, 24)}",
        f"xoxp-{drawn('12345', 11)}-{drawn('12345', 12)}-{drawn('12345', 13)}-{drawn(HEX, 32)}",
        f"xapp-1-A{drawn('ABCD0123', 10)}-{drawn('12345', 13)}-{drawn(HEX, 64)}",
    ],
    "a Slack webhook": [
        f"https://hooks.slack.com/services/T{drawn('ABC123', 8)}/B{drawn('ABC123', 9)}/{drawn(ALNUM, 24)}"
    ],
    "a token for a package index": [
        f"pypi-AgE{place}{drawn(URL64, 120)}" for place in ("IcHlwaS5vcmc", "NdGVzdC5weXBpLm9yZw")
    ],
    "a Hugging Face token": [f"hf_{drawn(LETTERS, 34)}"],
    "an OpenAI API key": [f"sk-{drawn(ALNUM, 20)}{base64.b64encode(b'OpenAI').decode()}{drawn(ALNUM, 20)}"],
    "a Stripe key": [f"{kind}_live_{drawn(ALNUM, 24)}" for kind in ("sk", "rk")],
    "a private key": [
        *map(pem, ["", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH "]),
        pem()
        .replace("PRIVATE KEY", "PGP PRIVATE KEY BLOCK")
        .replace("BLOCK-----\n", "BLOCK-----\nVersion: GnuPG v2\n\n"),
        pem("RSA ").replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1),
        json.dumps({"type": "service_account", "private_key": pem()}),
        'KEY = (\n    b"' + '"\n    b"'.join(pem(end="\\n").split("\\n")) + '"\n)',
        f"key: |\n{pem(end=chr(10) + ' ' * 8)}",
    ],
}
CASES = [(what, text) for what, texts in TOKENS.items() for text in texts]


@pytest.mark.parametrize(("what", "text"), CASES)
@pytest.mark.parametrize("form", ["{}", "TOKEN={}\n", "token = '{}'\n", 'x("{}")', "url = 'https://{}@acme.io'"])
def test_a_token_is_found_by_its_form(what: str, text: str, form: str) -> None:
    content = f"import os\n\n{form.replace('{}', text)}".encode()

    assert [finding.what for finding in find_secrets("acme/client.py", content)] == [what]


def test_a_finding_says_file_line_and_kind_but_never_the_secret() -> None:
    token = f"ghp_{drawn(ALNUM, 36)}"

    [finding] = find_secrets("acme/client.py", f"import os\n\nTOKEN = '{token}'\n".encode())

    assert finding == Finding("acme/client.py", "a GitHub token", 3)
    assert str(finding) == "acme/client.py, line 3: a GitHub token"
    assert token[4:] not in repr(finding)


def test_of_several_of_a_kind_the_first_is_said_and_kinds_come_by_line() -> None:
    github, stripe = f"ghp_{drawn(ALNUM, 36)}", f"sk_live_{drawn(ALNUM, 24)}"
    content = f"{stripe}\n{github}\n{github}\n".encode()

    assert [(finding.line, finding.what) for finding in find_secrets("x", content)] == [
        (1, "a Stripe key"),
        (2, "a GitHub token"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        "AKIAABCDEFGHIJKLMNOP",
        "an AKIA" + "B" * 40,
        f"https://s3.amazonaws.com/x?X-Amz-Credential=AKIA{drawn('ABCDEFGH234567', 16)}%2F20190814%2Fus-west-2",
        f"Credential=AKIA{drawn('ABCDEFGH234567', 16)}/20190814/us-west-2/s3/aws4_request",
        "ghp_" + "x" * 36,
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a"[:30],
        f"my_ghp_{drawn(ALNUM, 36)}",
        "hf_" + "a" * 34,
        f"hf_{drawn(LETTERS, 20)}",
        f"self_{drawn(LETTERS, 34)}",
        "sk_live_" + "0" * 24,
        f"sk_test_{drawn(ALNUM, 24)}",
        f"pk_live_{drawn(ALNUM, 24)}",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "xoxb-your-token",
        "xoxb-1234567890-1234567890123-" + drawn(ALNUM, 24),
        "pypi-AgEIcHlwaS5vcmc…",
        f"task-{drawn(ALNUM, 48)}",
        "AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
        'PREFIX = "-----BEGIN RSA PRIVATE KEY-----"',
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----\\n{drawn(BASE64, 59)}...{drawn(BASE64, 7)}\\n",
        f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n",
        pem().replace("PRIVATE", "PUBLIC"),
        pem().replace("PRIVATE KEY", "CERTIFICATE"),
        f"eyJhbGciOiJIUzI1NiJ9.{drawn(URL64, 60)}.{drawn(URL64, 43)}",
        f"{drawn(BASE64, 5000)}",
        f"sha256:{drawn(HEX, 64)}",
    ],
)
def test_examples_placeholders_and_what_only_begins_like_a_token_pass(text: str) -> None:
    assert find_secrets("acme/docs.py", text.encode()) == []


FILES = [
    ("values of environment variables", ".env", "# local\n\nDB_PASSWORD=hunter2\n", 3),
    ("values of environment variables", "acme/.env.production", "export A='b'", 1),
    ("values of environment variables", "acme/conf/prod.env", "A=b", 1),
    ("values of environment variables", ".envrc", "export A=b", 1),
    ("an SSH private key", "acme/id_rsa", "anything", 1),
    ("an SSH private key", "acme/id_ed25519", "\nanything", 2),
    ("passwords for hosts", ".netrc", "machine acme.io\n  login me\n  password hunter2\n", 3),
    ("a password for a package index", ".pypirc", "[pypi]\nusername = __token__\npassword = hunter2\n", 3),
    ("a token for npm", ".npmrc", "//npm.acme.io/:_authToken=hunter2\n", 1),
    ("passwords for git", ".git-credentials", "https://me:hunter2@github.com\n", 1),
    ("passwords for PostgreSQL", ".pgpass", "localhost:5432:db:me:hunter2\n", 1),
    ("credentials for a container registry", ".dockercfg", '{"acme.io": {"auth": "bWU6aHVudGVyMg=="}}', 1),
    (
        "credentials for a container registry",
        ".docker/config.json",
        '{"auths": {"a": {"auth": "bWU6aHVudGVyMg=="}}}',
        1,
    ),
    (
        "a secret access key of AWS",
        ".aws/credentials",
        f"[default]\naws_secret_access_key = {drawn(ALNUM + '/+', 40)}\n",
        2,
    ),
    (
        "credentials of a Google user",
        "application_default_credentials.json",
        json.dumps({"refresh_token": f"1//{drawn(URL64, 60)}", "type": "authorized_user"}),
        1,
    ),
    (
        "credentials for a Kubernetes cluster",
        "acme/kubeconfig",
        f"apiVersion: v1\nkind: Config\nusers:\n- name: me\n  user:\n    client-key-data: {drawn(BASE64, 200)}\n",
        6,
    ),
    ("credentials for a Kubernetes cluster", "acme/cluster.yaml", f"kind: Config\ntoken: {drawn(ALNUM, 40)}\n", 2),
]


@pytest.mark.parametrize(("what", "name", "content", "line"), FILES)
def test_a_credential_file_is_found_by_its_name_and_what_makes_it_one(
    what: str, name: str, content: str, line: int
) -> None:
    assert find_secrets(name, content.encode()) == [Finding(name, what, line)]


@pytest.mark.parametrize("name", ["key.p12", "key.pfx", "store.jks", "store.keystore", "safe.kdbx", "putty.ppk"])
@pytest.mark.parametrize(
    "content", [b"\x30\x82\x09\0", b"\xfe\xed\xfe\xed\0", b"\x03\xd9\xa2\x9a", b"PuTTY-User-Key-File-3: ssh-rsa"]
)
def test_a_key_store_is_found_by_its_ending_and_first_bytes(name: str, content: bytes) -> None:
    assert find_secrets(f"acme/{name}", content) == [Finding(f"acme/{name}", "a key store", 1)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", "# A=b\nEMPTY=\nQUOTED=''\n"),
        (".env.example", "PASSWORD=change-me"),
        ("acme/template.env", "PASSWORD=change-me"),
        ("acme/env.py", "A = 1"),
        ("acme/settings.env.py", "A = 1"),
        ("acme/.env.schema", "A=string"),
        ("id_rsa", ""),
        ("id_rsa.pub", "ssh-rsa AAAA"),
        (".netrc", "machine acme.io login me"),
        (".pypirc", "[pypi]\nusername = __token__\n"),
        (".npmrc", "//npm.acme.io/:_authToken=${NPM_TOKEN}\n"),
        ("config.json", '{"auths": {}, "credsStore": "desktop"}'),
        ("acme/model/config.json", '{"architectures": ["Bert"], "auth": "required-by-nobody"}'),
        ("credentials", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("acme/credentials.py", "aws_secret_access_key = get()"),
        ("acme/data.json", '{"type": "authorized_user"}'),
        ("acme/deployment.yaml", f"kind: Deployment\npassword: {drawn(ALNUM, 20)}\n"),
        ("acme/kubeconfig", "kind: Config\nclusters: []\n"),
        ("acme/tree.pfx", "particle effects"),
    ],
)
def test_a_file_that_is_only_called_so_passes(name: str, content: str) -> None:
    assert find_secrets(name, content.encode()) == []


def test_in_binary_files_no_tokens_are_looked_for() -> None:
    token = f"ghp_{drawn(ALNUM, 36)}".encode()

    assert find_secrets("acme/model.bin", b"\0" + token) == []
    assert find_secrets("acme/long.txt", b" " * SNIFFED + b"\0" + token)


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN PRIVATE KEY-----" + b"+" * 60_000,
        b"-----BEGIN PRIVATE KEY-----\nA: " * 5_000,
        b"sk-" * 40_000,
        b"-" * 20_000,
        b"xoxb-" * 20_000,
        b"A" * 100_000,
        b"github_pat_" + b"a" * 100_000,
        b"glpat-" * 20_000,
    ],
    ids=lambda content: str(content[:12]),
)
def test_content_made_to_be_slow_is_not(content: bytes) -> None:
    before = time.process_time()

    for name in ("x.py", ".pgpass", ".pypirc", ".env", "config.json", "x.yaml"):
        find_secrets(name, content)

    assert time.process_time() - before < 5


def test_blank_lines_without_end_are_not_slow_either() -> None:
    before = time.process_time()

    for name in (".pgpass", ".pypirc", ".env", ".netrc", ".npmrc", "credentials"):
        assert find_secrets(name, b"\n" * 200_000) == []

    assert time.process_time() - before < 5


def test_words_for_all_kinds_are_tried() -> None:
    """A kind without a case above would not be known to work."""
    import hatch_flyte.likely_secrets as module

    kinds = {kind for pattern in module._TOKENS for kind in re.compile(pattern).groupindex}

    assert kinds == set(module._WHAT)
    assert set(module._WHAT.values()) == set(TOKENS)
