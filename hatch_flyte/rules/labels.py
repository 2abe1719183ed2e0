"""Rules about names that Kubernetes takes: labels of launch plans and projects, identifiers of projects.

The patterns and texts are those of k8s.io/apimachinery's validation, which flyteadmin passes on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.refusal import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LABELS: Final = 16

_LABEL_LENGTH: Final = 63
_SUBDOMAIN_LENGTH: Final = 253
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_NAME: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE: Final = f"({_NAME})?"

_LABEL_TEXT: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    f"with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_TEXT: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_NAME_TEXT: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_NAME}')"
)
_VALUE_TEXT: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_VALUE}')"
)


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse too many labels, and a key or a value that Kubernetes would not take."""
    if len(labels) > MAX_LABELS:
        raise invalid(f"labels map cannot exceed {MAX_LABELS} entries", rule=catalogue.LABELS)
    for key, value in sorted(labels.items()):
        if found := qualified_name_problems(key):
            raise invalid(f"invalid label key [{key}]: [{' '.join(found)}]", rule=catalogue.LABELS)
        if found := label_value_problems(value):
            raise invalid(f"invalid label value [{value}]: [{' '.join(found)}]", rule=catalogue.LABELS)


def label_problems(text: str) -> list[str]:
    """Return what keeps `text` from being a DNS label (RFC 1123)."""
    return _problems(text, _LABEL, _LABEL_TEXT, _LABEL_LENGTH)


def label_value_problems(text: str) -> list[str]:
    """Return what keeps `text` from being a label's value."""
    return _problems(text, _VALUE, _VALUE_TEXT, _LABEL_LENGTH)


def subdomain_problems(text: str) -> list[str]:
    """Return what keeps `text` from being the name of most of Kubernetes' objects: a DNS subdomain (RFC 1123)."""
    return _problems(text, _SUBDOMAIN, _SUBDOMAIN_TEXT, _SUBDOMAIN_LENGTH)


def qualified_name_problems(key: str) -> list[str]:
    """Return what keeps `key` from being a label's key: a name, with or without a domain and a slash before it."""
    *prefix, name = key.split("/")
    if len(prefix) > 1:
        domain = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a qualified name {_NAME_TEXT} {domain}"]
    found = [f"prefix part {text}" for one in prefix for text in _prefix_problems(one)]
    if not name:
        return [*found, "name part must be non-empty", f"name part {_NAME_TEXT}"]
    return found + [f"name part {text}" for text in _problems(name, _NAME, _NAME_TEXT, _LABEL_LENGTH)]


def _prefix_problems(prefix: str) -> list[str]:
    if not prefix:
        return ["must be non-empty"]
    return subdomain_problems(prefix)


def _problems(text: str, pattern: str, explanation: str, length: int) -> list[str]:
    found = [] if len(text.encode()) <= length else [f"must be no more than {length} characters"]
    return found if re.fullmatch(pattern, text) else [*found, explanation]
