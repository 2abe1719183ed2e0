"""What in a file looks like a secret: credential files by their names and content, keys and tokens by their form.

Rules are few and strict: a build ends for what they find. So tokens count only where their issuer has given them a form
that nothing else has, a file's name only with the content that makes it a secret, and what documentation shows as
an example does not. JSON Web Tokens don't count: they expire, and those in documentation look the same.
Pure functions of names and bytes. No finding holds what was found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SCANNED = 8 << 20
"""Bytes from a text file's beginning that are looked at; what is behind them is data."""
SNIFFED = 8000
"""Bytes from a file's beginning in which a zero byte makes it a binary file, as for git (`buffer_is_binary`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a file that looks like a secret."""

    name: str
    """The file's name."""
    what: str
    """What it looks like: `a GitHub token`."""
    line: int
    """Where it begins, from 1 on."""

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Credentials:
    """Files that hold credentials: those of a name, with all that `content` finds."""

    what: str
    name: re.Pattern[str]
    content: tuple[re.Pattern[bytes], ...]

    def found(self, content: bytes) -> re.Match[bytes] | None:
        """Return where the secret is."""
        match = None
        for pattern in self.content:
            if not (match := pattern.search(content)):
                return None
        return match


def _files(what: str, name: str, *content: bytes) -> _Credentials:
    return _Credentials(what, re.compile(name, re.IGNORECASE), tuple(map(re.compile, content)))


_FILES = (
    # The convention of dotenv; variants and `.envrc` as in GitHub's templates for `.gitignore`.
    _files(
        "values of environment variables",
        r"(?!.*(?:example|sample|template|tmpl|dist|default|schema|\.(?:py|pyi|md|j2)$))(?:\.env(?:rc|\..*)?|.*\.env)",
        rb"(?m)^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=[ \t]*[\"']?[^\s\"'#]",
    ),
    # ssh-keygen(1), the files it writes by default.
    _files("an SSH private key", r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?", rb"\S"),
    # PKCS #12 is a DER sequence (RFC 7292); Java's JKS and JCEKS, KeePass and PuTTY begin with their own marks.
    _files(
        "a key store",
        r".*\.(?:p12|pfx|jks|keystore|kdbx|ppk)",
        rb"\A(?:0[\x80-\x84]|\xfe\xed\xfe\xed|\xce\xce\xce\xce|\x03\xd9\xa2\x9a|PuTTY-User-Key-File)",
    ),
    # GNU inetutils, "The .netrc file".
    _files("passwords for hosts", r"[._]netrc", rb"(?i)\bpassword\s+\S"),
    # The Python Packaging User Guide, "The .pypirc file".
    _files("a password for a package index", r"\.pypirc", rb"(?im)^[ \t]*password\s*[=:]\s*\S"),
    # npm's "npmrc", "Auth related configuration"; `${NAME}` is a variable there.
    _files("a token for npm", r"\.npmrc", rb"_(?:authToken|auth|password)\s*=\s*[\"']?(?!\$\{)[^\s\"']"),
    # git-credential-store(1), PostgreSQL's "The Password File".
    _files("passwords for git", r"\.git-credentials", rb"://[^\s/:@]+:[^\s/@]+@"),
    _files("passwords for PostgreSQL", r"\.pgpass", rb"(?m)^(?!#)(?:[^:\n]*:){4}\S"),
    # docker's "docker login", "Credential stores"; `.dockercfg` is the form before.
    _files("credentials for a container registry", r"\.dockercfg", rb"\"auth\"\s*:\s*\"[A-Za-z0-9+/=]{8,}\""),
    _files(
        "credentials for a container registry",
        r"(?:.*[._-])?config\.json|\.dockerconfigjson",
        rb"\"auths\"\s*:",
        rb"\"(?:auth|identitytoken)\"\s*:\s*\"[A-Za-z0-9+/=._-]{8,}\"",
    ),
    # AWS' "Configuration and credential file settings"; a secret key has 40 characters.
    _files(
        "a secret access key of AWS",
        r"(?:aws[_-]?)?credentials(?:\.\w+)?|\.boto",
        rb"(?i)aws_secret_access_key\s*=\s*(?!\S*example)[A-Z0-9/+]{40}\b",
    ),
    # Google's "How Application Default Credentials works"; a service account's key is found by its form below.
    _files(
        "credentials of a Google user",
        r".*\.json",
        rb"\"type\"\s*:\s*\"authorized_user\"",
        rb"\"refresh_token\"\s*:\s*\"[^\"\s]{20,}\"",
    ),
    # Kubernetes' "Organizing Cluster Access Using kubeconfig Files".
    _files(
        "credentials for a Kubernetes cluster",
        r".*kubeconfig.*|config|.*\.(?:ya?ml|conf)",
        rb"kind:\s*[\"']?Config\b",
        rb"(?:client-key-data|token|password):\s*[\"']?[A-Za-z0-9+/=._-]{16,}",
    ),
)

_BETWEEN = rb"(?:[\s\"'+,()]|\\[nr]|[bBrR](?=[\"'])){0,64}"
"""What may stand between the lines of a key, also in a program's text."""
_AWS_AZURE_GOOGLE = (
    # AWS' "Understanding unique ID prefixes" (with what follows it in a signed address it is no credential);
    # Microsoft Purview's "Azure Storage account key"; Google's "Manage API keys".
    rb"A(?<![0-9A-Za-z_]A)(?:(?P<aws>[KS]IA[A-Z2-7]{16}(?![0-9A-Za-z&]|%2F|/[0-9]{8}/))"
    rb"|(?P<google>Iza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-]))|(?P<azure>ccountKey=[0-9A-Za-z+/]{86}==))"
)
_GITHUB_GITLAB = (
    # GitHub's "GitHub's token formats"; GitLab's "Token prefixes".
    rb"g(?<![0-9A-Za-z_]g)(?:(?P<github>h[pousr]_[0-9A-Za-z]{36,251}|ithub_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59})"
    rb"|(?P<gitlab>l(?:pat|dt|rt|ptt|oas)-[0-9A-Za-z_-]{20,300}))(?![0-9A-Za-z_])"
)
_DASHED = (
    # RFC 7468 (also of encrypted keys), OpenSSH's PROTOCOL.key, RFC 9580, with a first line that is whole.
    rb"-(?:(?P<key>----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    + _BETWEEN
    + rb"(?:[A-Za-z-]{3,20}: [^\n\\\"']{1,120}"
    + _BETWEEN
    + rb"){0,4}[0-9A-Za-z+/]{64})"
    # Slack's "Tokens"; PyPI's "API tokens", macaroons that begin with where they are for; OpenAI writes its name into
    # its keys, in base64.
    rb"|(?P<slack>(?<=xox[abprs]-)(?<![0-9A-Za-z_]xox[abprs]-)(?:2-)?(?:[0-9]{9,14}-){2,3}[0-9A-Za-z]{20,64}"
    rb"|(?<=xapp-)1-A[0-9A-Z]{8,12}-[0-9]{9,14}-[0-9a-f]{64})"
    rb"|(?P<pypi>(?<=pypi-)AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[0-9A-Za-z_-]{50,300})"
    rb"|(?P<openai>(?<=sk-)(?<![0-9A-Za-z_]sk-)[0-9A-Za-z_-]{20,100}T3BlbkFJ[0-9A-Za-z_-]{20,100}))"
)
_HUGGING_FACE_SLACK = (
    # Hugging Face's "User access tokens"; Slack's "Sending messages using incoming webhooks".
    rb"h(?<![0-9A-Za-z_]h)(?:(?P<huggingface>f_[A-Za-z]{34}(?![0-9A-Za-z_]))"
    rb"|(?P<webhook>ooks\.slack\.com/services/T[0-9A-Z]{8,12}/B[0-9A-Z]{8,12}/[0-9A-Za-z]{24}))"
)
# Stripe's "API keys": secret and restricted ones; those for tests are no secrets.
_STRIPE = rb"_live_(?P<stripe>(?<=[sr]k_live_)(?<![0-9A-Za-z_][sr]k_live_)[0-9A-Za-z]{24,128})"
_TOKENS = tuple(map(re.compile, (_AWS_AZURE_GOOGLE, _GITHUB_GITLAB, _DASHED, _HUGGING_FACE_SLACK, _STRIPE)))
"""One search each. They begin with a literal, which is what makes a search fast; a look behind finds the beginning."""
_WHAT = {
    "aws": "an access key of AWS",
    "azure": "a key of an Azure storage account",
    "github": "a GitHub token",
    "gitlab": "a GitLab token",
    "google": "a Google API key",
    "huggingface": "a Hugging Face token",
    "key": "a private key",
    "openai": "an OpenAI API key",
    "pypi": "a token for a package index",
    "slack": "a Slack token",
    "stripe": "a Stripe key",
    "webhook": "a Slack webhook",
}
_EXAMPLE = re.compile(
    rb"(?i)example|placeholder|redacted|dummy|fake|your|changeme|x{5}|0{7}|1234567|abcdefg"
    # Published on purpose: the key of the Azurite emulator, and the one that Google's documentation shows.
    rb"|Eby8vdM02xNOcqFlqUwJ|AIzaSyDaGmWKa4JsXZ"
)
_DISTINCT = 9
"""Different characters that a secret has at least; of twenty random ones, fewer are improbable (below 1 : 10^6)."""


def is_binary(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a binary file, in whose content no tokens are looked for."""
    return b"\0" in head[:SNIFFED]


def find_secrets(name: str, head: bytes) -> list[Finding]:
    """Return what looks like a secret in the file `name` that begins with `head`: each kind once, by line.

    Of a binary file the first `SNIFFED` bytes suffice, of others `SCANNED`; what is given beyond that is looked at too.
    """
    base = name.rpartition("/")[2]
    for credentials in _FILES:
        if credentials.name.fullmatch(base) and (match := credentials.found(head)):
            return [Finding(name, credentials.what, _line(head, match.start()))]
    if is_binary(head):
        return []
    found: dict[str, Finding] = {}
    for kind, start in _tokens(head):
        found.setdefault(kind, Finding(name, _WHAT[kind], _line(head, start)))
    return sorted(found.values(), key=lambda finding: (finding.line, finding.what))


def _tokens(content: bytes) -> Iterator[tuple[str, int]]:
    for pattern in _TOKENS:
        for match in pattern.finditer(content):
            if not _EXAMPLE.search(match[0]) and len(set(match[0][-40:])) >= _DISTINCT:
                yield str(match.lastgroup), match.start()


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1
